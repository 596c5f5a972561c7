import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BatchFile } from './batch-file.js';
import { BatchJournal } from './batch-journal.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'aet-batch-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('the journal of a batch', () => {
  it('knows what was accepted before, whatever a crash left of its end', () => {
    const first = new BatchJournal(folder, 'b');
    first.add([
      { line: 1, runId: 'r1', existing: false },
      { line: 2, error: { code: 'X', message: 'wrong', retryable: false } },
      { line: 3, runId: 'r3', existing: true },
    ]);
    expect([...new BatchJournal(folder, 'b').accepted]).toEqual([
      [1, 'r1'],
      [3, 'r3'],
    ]);
    const file = join(folder, 'b.ndjson');
    truncateSync(file, readFileSync(file, 'utf8').trimEnd().length - 3);
    const second = new BatchJournal(folder, 'b');
    expect([...second.accepted.keys()]).toEqual([1]);
    second.add([{ line: 3, runId: 'r3', existing: true }]);
    appendFileSync(file, '{"line":"x"}\n[]\n');
    expect([...new BatchJournal(folder, 'b').accepted.keys()]).toEqual([1, 3]);
  });
});

describe('the file of a batch', () => {
  const linesOf = async (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    using file = await BatchFile.open(path, folder);
    const lines = [];
    for await (const line of file.lines()) lines.push(line);
    return { sha256: file.sha256, lines };
  };

  it('has a line for each submit, with its number', async () => {
    const { lines, sha256 } = await linesOf('a.ndjson', '{"a":1}\r\n\n  {"b":2}');
    expect(lines).toEqual([
      { line: 1, text: '{"a":1}' },
      { line: 3, text: '  {"b":2}' },
    ]);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('may be a list in YAML', async () => {
    const { lines } = await linesOf('a.yaml', '# many\n- workflow: review\n  inputs: { n: 1 }\n- workflow: other\n-\n');
    expect(lines).toEqual([
      { line: 2, text: '{"workflow":"review","inputs":{"n":1}}' },
      { line: 4, text: '{"workflow":"other"}' },
      { line: 5, text: 'null' },
    ]);
    await expect(linesOf('b.yaml', 'a: 1')).rejects.toThrow(/must hold a list/);
    await expect(linesOf('c.yaml', '- a: [1')).rejects.toThrow(/c\.yaml:\d+: /);
    await expect(BatchFile.open(join(folder, 'none'), folder)).rejects.toThrow(/cannot be read/);
  });
});
