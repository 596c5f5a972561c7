import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { savePayload } from './runs-payload.action.js';

const RUN = '01890000-0000-7000-8000-000000000001';
const [BIG, PART] = ['a'.repeat(64), 'b'.repeat(64)];
const ref = (sha256: string) => ({ $payload: { sha256, bytes: 9, cell: 'c1' } });

vi.mock('./queue.action.js', () => ({
  operatorGateway: () => ({
    payload: async (_run: string, sha256: string) => (sha256 === BIG ? '{ "as": "stored" }' : '"part"'),
    run: async () => ({
      steps: [
        { name: 'whole', status: 'completed', output: ref(BIG) },
        { name: 'parts', status: 'completed', output: [1, ref(PART), { deep: ref(BIG) }] },
        { name: 'open', status: 'running' },
      ],
    }),
  }),
}));

describe('aet runs payload', () => {
  let dir: string;
  let write: MockInstance;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'aet-payload-'));
    write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(dir, { recursive: true });
  });
  const saved = async (value: string): Promise<string> => {
    const output = join(dir, `${value}.json`);
    await savePayload(RUN, value, { output }, undefined);
    return readFileSync(output, 'utf8');
  };

  it('gives a value as it is stored, by its checksum or as the output of a step', async () => {
    expect(await saved(BIG)).toBe('{ "as": "stored" }');
    expect(await saved('whole')).toBe('{ "as": "stored" }');
    await savePayload(RUN, PART, {}, undefined);
    expect(write).toHaveBeenCalledWith('"part"\n');
  });

  it('puts the large values of an output in their places', async () => {
    expect(JSON.parse(await saved('parts'))).toEqual([1, 'part', { deep: { as: 'stored' } }]);
  });

  it('replaces no file, and says which steps there are', async () => {
    const output = join(dir, 'mine.json');
    writeFileSync(output, 'mine');
    await expect(savePayload(RUN, BIG, { output }, undefined)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(readFileSync(output, 'utf8')).toBe('mine');
    await expect(saved('none')).rejects.toThrow('whole, parts, open');
    await expect(saved('open')).rejects.toThrow('it is running');
    expect(existsSync(join(dir, 'open.json'))).toBe(false);
    await expect(savePayload(RUN, BIG, { output: join(dir, 'no', 'where') }, undefined)).rejects.toThrow(/no.where/);
  });
});
