import { expect, it } from 'vitest';
import { withFallback } from './log-destination.js';

it('falls back with one warning while the folder fails, tries again after half a minute, and never throws', () => {
  let nowMs = 0;
  let broken = true;
  const stored: string[] = [];
  const shown: string[] = [];
  const destination = withFallback(
    (line) => {
      if (broken) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      stored.push(line);
    },
    (line) => shown.push(line),
    () => nowMs,
  );
  for (let n = 1; n <= 3; n++) destination.write(`line ${n}\n`);
  expect(shown).toHaveLength(4);
  expect(JSON.parse(shown[0] ?? '')).toMatchObject({ level: 'warn', msg: expect.stringContaining('no space left on device') });
  expect(shown.slice(1)).toEqual(['line 1\n', 'line 2\n', 'line 3\n']);

  nowMs = 31_000;
  destination.write('line 4\n');
  expect(shown.at(-1)).toBe('line 4\n');
  expect(shown).toHaveLength(5);

  broken = false;
  destination.write('line 5\n');
  expect(stored).toEqual([]);
  nowMs = 62_000;
  destination.write('line 6\n');
  expect(stored).toEqual(['line 6\n']);
});

it('lets no secret through in a text', () => {
  const lines: string[] = [];
  withFallback(
    (line) => lines.push(line),
    () => undefined,
    () => 0,
  ).write('{"msg":"Bearer abcdefghijklmnop"}\n');
  expect(lines[0]).toBe('{"msg":"Bearer [secret]"}\n');
});
