import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredRunEvent } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { foldAll } from '../run/run.fold.js';
import { runView } from '../run/run.view.js';
import { EVENT_VERSIONS, type LoggedEvent } from './event-versions.js';

/**
 * Logs that earlier versions wrote, real ones from PostgreSQL, and beside each what that version's own code made of it. They are never changed: a log
 * that lies in somebody's database does not change either. A new version adds a folder: `test/corpus/README.md`.
 */
const CORPUS = join(import.meta.dirname, '../../test/corpus');
const logs = readdirSync(CORPUS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(CORPUS, name)).map((file) => join(name, file)))
  .filter((file) => file.endsWith('.ndjson'));

const read = (file: string): string => readFileSync(join(CORPUS, file), 'utf8');
const eventsOf = (file: string): StoredRunEvent[] =>
  read(file)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Omit<LoggedEvent, 'data'> & { data: string })
    .map((event) => EVENT_VERSIONS.upcast({ ...event, data: JSON.parse(event.data) as unknown }));

describe('logs of earlier versions', () => {
  it('are there', () => expect(logs.length).toBeGreaterThanOrEqual(13));

  it.each(logs)('%s folds to what its own version made of it', (file) => {
    const state = foldAll(undefined, eventsOf(file));
    const expected = JSON.parse(read(file.replace(/\.ndjson$/, '.view.json'))) as object;
    // A later version may say more of a run, and nothing else.
    expect(JSON.parse(JSON.stringify(state && runView(state)))).toMatchObject(expected);
  });
});
