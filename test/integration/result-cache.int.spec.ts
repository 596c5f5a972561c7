import { type CacheRule, CacheRpc, OrchestratorRpc, type TaskMessage } from '@aet/contracts';
import { type AgentDefinition, DiskContent, ResultRecall } from '@aet/executors';
import { workflow } from '@aet/runs/testing';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FleetResults } from '../../apps/agent/src/adapters/fleet-results.js';
import { TestCell } from '../../apps/orchestrator/test/cell.js';
import type { Ending } from '../../libs/executors/src/run-executor.js';

const patient = { timeout: 30_000, interval: 20 };
const AGENT: AgentDefinition = {
  name: 'tester',
  description: 'd',
  tools: [],
  prompt: 'Be brief.',
  capabilities: ['work'],
  executor: 'builtin',
  source: 'tester.md',
};

let cell: TestCell;
let repo: string;
let agent = AGENT;
let reads: string[] | undefined;
let during: () => Promise<void> = () => Promise.resolve();
let executed = 0;
const endings: Ending[] = [];
const counted: string[] = [];

beforeAll(async () => {
  cell = await TestCell.start();
  const { shell } = await cell.orchestrator();
  await vi.waitFor(() => {
    if (!shell.board.ready) throw new Error('the orchestrator is not ready');
  }, patient);
  const recall = new ResultRecall({
    kept: new FleetResults(cell.rpc()),
    content: new DiskContent(),
    project: '/nowhere',
    version: '1',
    count: (outcome) => counted.push(outcome),
    now: () => new Date(),
  });
  await cell.worker((task) => perform(recall, task), { failures: true });
});
afterAll(() => cell?.[Symbol.asyncDispose]());
beforeEach(async () => {
  [agent, reads, during, executed] = [AGENT, undefined, () => Promise.resolve(), 0];
  repo = await mkdtemp(join(tmpdir(), 'aet-cache-'));
  return () => rm(repo, { recursive: true });
});

async function perform(recall: ResultRecall, task: TaskMessage): Promise<unknown> {
  const ending = await recall.through(
    task,
    agent,
    () => undefined,
    async () => {
      executed += 1;
      await during();
      const { fails } = task.input as { fails?: boolean };
      if (fails === true) return { status: 'failed', error: { code: 'ATTEMPT_FAILED', message: 'no', retryable: false } };
      return { status: 'completed', output: { number: executed }, ...(reads === undefined ? {} : { reads }) };
    },
  );
  endings.push(ending);
  if (ending.status !== 'completed') throw new Error('failed');
  return ending.output;
}

/** One run of one task. Returns whether it was executed, and how it ended. */
async function run(input: object, cache: CacheRule | true = {}): Promise<{ executed: boolean; ending: Ending; runId: string }> {
  const before = executed;
  const { ttlMs, ...rest } = cache === true ? ({} as CacheRule) : cache;
  const rule = { ...rest, ...(ttlMs === undefined ? {} : { ttl: `${ttlMs}ms` }) };
  const step = {
    task: 'work',
    with: { repo, ...input },
    retry: { attempts: 1 },
    cache: Object.keys(rule).length === 0 ? (true as const) : rule,
  };
  const { runId } = await cell.rpc().call(OrchestratorRpc.submit, { document: workflow({ work: step }) });
  await vi.waitFor(async () => expect((await cell.run(runId)).status).not.toBe('running'), patient);
  const ending = endings.at(-1);
  if (ending === undefined) throw new Error('nothing was performed');
  return { executed: executed > before, ending, runId };
}

/** A file as it was for some time: what was written just now may have been read before or after. */
async function write(name: string, content: string): Promise<void> {
  await writeFile(join(repo, name), content);
  const past = new Date(Date.now() - 60_000);
  await utimes(join(repo, name), past, past);
}

describe('the cache of results', () => {
  it('gives the result of an earlier attempt with the same input, and says whose it is', async () => {
    const first = await run({ n: 1 });
    expect(first.executed).toBe(true);
    const again = await run({ n: 1 });
    expect(again).toMatchObject({
      executed: false,
      ending: { status: 'completed', output: { number: 1 }, cached: { runId: first.runId, step: 'work' } },
    });
    expect((await run({ n: 2 })).executed).toBe(true);
    expect(counted).toEqual(expect.arrayContaining(['miss', 'kept', 'hit']));
  });

  it('counts the step’s own key instead of the input', async () => {
    expect((await run({ n: 1 }, { key: 'the same' })).executed).toBe(true);
    expect((await run({ n: 2 }, { key: 'the same' })).executed).toBe(false);
  });

  it('asks another agent, or another version of it, anew', async () => {
    await run({ n: 1 });
    agent = { ...AGENT, prompt: 'Be long.' };
    expect((await run({ n: 1 })).executed).toBe(true);
    agent = { ...AGENT, version: '7' };
    expect((await run({ n: 1 })).executed).toBe(true);
    agent = { ...AGENT, version: '7', prompt: 'The version says that this does not matter.' };
    expect((await run({ n: 1 })).executed).toBe(false);
  });

  it('rests on the content of the files that the step names: changed, added and removed ones', async () => {
    const rule = { files: ['*.txt'] };
    await write('a.txt', 'one');
    await run({}, rule);
    await write('b.md', 'not named');
    expect((await run({}, rule)).executed).toBe(false);
    await write('a.txt', 'two');
    expect((await run({}, rule)).executed).toBe(true);
    await write('c.txt', 'new');
    expect((await run({}, rule)).executed).toBe(true);
    await rm(join(repo, 'c.txt'));
    expect((await run({}, rule)).executed).toBe(false);
  });

  it('rests on the files that the executor says it has read', async () => {
    reads = ['data', 'absent'];
    await write('data', 'one');
    await run({});
    expect((await run({})).executed).toBe(false);
    await write('data', 'two');
    expect((await run({})).executed).toBe(true);
    await write('data', 'one');
    expect((await run({})).executed).toBe(false);
    await write('absent', 'it is there now');
    expect((await run({})).executed).toBe(true);
  });

  it('keeps nothing that rests on files which changed meanwhile, and nothing that failed', async () => {
    reads = ['data'];
    during = () => writeFile(join(repo, 'data'), String(executed));
    await run({ n: 1 });
    expect((await run({ n: 1 })).executed).toBe(true);
    during = () => Promise.resolve();
    await run({ fails: true });
    expect((await run({ fails: true })).executed).toBe(true);
  });

  it('forgets with time, and at a word', async () => {
    await run({ n: 1 }, { ttlMs: 60_000 });
    expect((await run({ n: 1 }, { ttlMs: 60_000 })).executed).toBe(false);
    expect((await run({ n: 1 }, { ttlMs: 1 })).executed).toBe(true);
    const rpc = cell.rpc();
    const { results, total } = await rpc.call(CacheRpc.ls, { capability: 'work', limit: 1 });
    expect(total.results).toBeGreaterThan(0);
    const key = results[0]?.key ?? '';
    expect(await rpc.call(CacheRpc.show, { key: key.slice(0, 20) })).toMatchObject({ key, agent: 'tester' });
    await expect(rpc.call(CacheRpc.drop, {})).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect((await rpc.call(CacheRpc.drop, { workflow: 'another' })).dropped).toBe(0);
    expect((await rpc.call(CacheRpc.drop, { capability: 'work', by: 'op' })).dropped).toBe(total.results);
    expect((await run({ n: 1 })).executed).toBe(true);
  });

  it('believes a host only when the run has taken its result', async () => {
    const rpc = cell.rpc();
    const key = 'ab'.repeat(32);
    const { runId } = await run({ n: 'forged' });
    const about = {
      capability: 'work',
      workflow: 'w',
      agent: 'tester',
      agentVersion: '1',
      files: {},
      durationMs: 1,
      key,
      step: 'work',
    };
    await rpc.call(CacheRpc.keep, { ...about, runId, attempt: 2 });
    expect((await rpc.call(CacheRpc.find, { key })).candidates).toEqual([]);
    await rpc.call(CacheRpc.keep, { ...about, runId, attempt: 1 });
    expect((await rpc.call(CacheRpc.find, { key })).candidates).toMatchObject([{ from: { runId } }]);
  });
});
