import { expect, it } from 'vitest';
import { errorFingerprint, topFrame } from './error-fingerprint.js';

const base = { service: 'km', code: 'NOT_FOUND', message: 'no run 0197a1b2-aaaa-7bbb-8ccc-1234567890ab on port 5003' };
const stackAt = (folder: string, line: number): string =>
  `Error: x\n    at node:internal/x:1:1\n    at async RunView.read (file://${folder}/run-view.js:${line}:7)\n    at other (file:///z.js:1:1)`;

it('is the same for the same cause: ids, numbers, lines and folders do not count', () => {
  const first = errorFingerprint({ ...base, stack: stackAt('/home/a/dist', 10) });
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect(errorFingerprint({ ...base, message: 'anything', stack: stackAt('/srv/b/dist', 99) })).toBe(first);
  const withoutStack = errorFingerprint(base);
  expect(errorFingerprint({ ...base, message: 'no run 0197ffff-aaaa-7bbb-8ccc-1234567890ab on port 6000' })).toBe(withoutStack);
});

it('differs by service, code, place and text', () => {
  const variants = [
    base,
    { ...base, service: 'agent' },
    { ...base, code: 'CONFLICT' },
    { ...base, context: 'ingest' },
    { ...base, message: 'another text' },
  ];
  expect(new Set(variants.map(errorFingerprint)).size).toBe(variants.length);
});

it('finds our own frame', () => {
  expect(topFrame(stackAt('/x', 1))).toBe('RunView.read@run-view');
  expect(topFrame('Error: x\n    at /a/b/main.ts:3:4')).toBe('@main');
  expect(topFrame(undefined)).toBeUndefined();
});
