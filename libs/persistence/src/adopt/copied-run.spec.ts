import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudEvent } from '@aet/contracts';
import { EVENT_VERSIONS } from '@aet/runs';
import { describe, expect, it } from 'vitest';
import { checkChain, GENESIS, type LinkedEvent } from '../hash-chain.js';
import { runFact, shortened } from '../relay/run-fact.js';
import { copiedRun } from './copied-run.js';

const CORPUS = join(import.meta.dirname, '../../../runs/test/corpus');
const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ndjson'));
const readLog = (file: string): LinkedEvent[] =>
  readFileSync(join(CORPUS, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LinkedEvent);

const ORIGIN = { cell: 'a', epoch: 1, correlationId: 'c', workflow: 'w', ordered: false };
/** As the relay tells it, over the wire. */
const factOf = (event: LinkedEvent, shorten = false): CloudEvent => {
  const stored = EVENT_VERSIONS.upcast({ ...event, data: JSON.parse(event.data) as unknown });
  return JSON.parse(JSON.stringify(runFact(shorten ? shortened(stored) : stored, ORIGIN, 'default'))) as CloudEvent;
};

const omit = (fact: CloudEvent): CloudEvent => {
  const { hash, ...rest } = fact;
  expect(hash).toBeDefined();
  return rest;
};

describe('a run from copied facts', () => {
  it.each(files)('%s is the log again, byte for byte, each event proven', (file) => {
    const log = readLog(file);
    const runId = log[0]?.runId ?? '';
    expect(checkChain(runId, { sequence: 0, hash: GENESIS }, log)).toMatchObject({ sequence: log.length });
    const copied = copiedRun(
      runId,
      log.map((event) => factOf(event)),
    );
    expect(copied).toEqual({ runId, events: log, proven: log.length });
  });

  const log = readLog('v1/review.ndjson');
  const runId = log[0]?.runId ?? '';
  const facts = log.map((event) => factOf(event));

  it('takes facts that came twice and in another order', () => {
    const mixed = [...facts.slice(5), ...facts.slice(0, 9), ...facts].toReversed();
    expect(copiedRun(runId, mixed).events).toEqual(log);
  });

  it('ends before what is missing, and says what', () => {
    const copied = copiedRun(runId, facts.toSpliced(6, 1));
    expect(copied.events).toEqual(log.slice(0, 6));
    expect(copied.gap).toEqual({ sequence: 7, last: log.length, why: 'it is not in the copy' });
  });

  it('takes the whole of a fact that was told shortened first, and says when it never came', () => {
    const [first] = log as [LinkedEvent];
    const short = { ...factOf(first, true), data: { workflow: { omittedBytes: 900_000 } } };
    expect(copiedRun(runId, [short, ...facts]).events).toEqual(log);
    expect(copiedRun(runId, [short, ...facts.slice(1)]).gap?.why).toBe('it was too large for the copy');
  });

  it('does not take a changed event, nor what stands behind it', () => {
    const changed = facts.with(4, Object.assign({}, facts[4], { data: { ...(facts[4]?.data as object), durationMs: 77 } }));
    expect(copiedRun(runId, changed)).toMatchObject({ events: { length: 4 }, gap: { sequence: 5 }, proven: 4 });
  });

  it('links facts from before hashes were told, and does not call them proven', () => {
    const old = facts.map((fact) => omit(fact));
    expect(copiedRun(runId, old)).toEqual({ runId, events: log, proven: 0 });
    const half = facts.map((fact, index) => (index < 8 ? (old[index] ?? fact) : fact));
    expect(copiedRun(runId, half).proven).toBe(log.length);
  });
});
