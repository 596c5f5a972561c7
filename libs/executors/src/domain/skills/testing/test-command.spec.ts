import { describe, expect, it } from 'vitest';
import { parseReviewSettings } from '../review-settings.js';
import { splitCommand } from './split-command.js';
import { findTestCommand, withReport } from './test-command.js';

const folder = (names: string[], scripts?: Record<string, string>) => ({
  names: new Set(names),
  packageJson: scripts ? JSON.stringify({ scripts }) : undefined,
});
const found = (names: string[], scripts?: Record<string, string>, settings?: string) =>
  findTestCommand(parseReviewSettings(settings), folder(names, scripts));

describe('splitCommand', () => {
  it.each<[string, string[] | undefined]>([
    ['npm run test:unit', ['npm', 'run', 'test:unit']],
    ['go test ./...', ['go', 'test', './...']],
    [`a "b c" 'd "e"' ""`, ['a', 'b c', 'd "e"', '']],
    [`a b"c d"e`, ['a', 'bc de']],
    ['a && b', undefined],
    ['a | b', undefined],
    ['a $(b)', undefined],
    ['a "$B"', undefined],
    ['a > b', undefined],
    ['a "b', undefined],
    ['a\nb', undefined],
    ['', undefined],
    ['""', undefined],
  ])('%j', (line, words) => {
    expect(splitCommand(line)).toEqual(words);
  });
});

describe('findTestCommand', () => {
  it.each<[string, string[], Record<string, string> | undefined, string | undefined, string | undefined]>([
    ['npm', [], { test: 'mocha' }, undefined, 'npm test'],
    ['pnpm', ['pnpm-lock.yaml'], { test: 'mocha' }, undefined, 'pnpm test'],
    ['yarn', ['yarn.lock'], { test: 'mocha' }, undefined, 'yarn test'],
    ["npm's placeholder", [], { test: 'echo "Error: no test specified" && exit 1' }, undefined, undefined],
    ['pytest', ['pyproject.toml'], undefined, undefined, 'python3 -m pytest -q'],
    ['cargo', ['Cargo.toml'], undefined, undefined, 'cargo test'],
    ['go', ['go.mod', 'Makefile'], undefined, undefined, 'go test ./...'],
    ['make', ['Makefile'], undefined, undefined, 'make test'],
    ['nothing', ['README.md'], undefined, undefined, undefined],
    ['the own setting first', ['Cargo.toml'], { test: 'mocha' }, 'test: { command: [a, b c] }', 'a b c'],
    ['the own setting as text', [], undefined, 'test: { command: a b }', 'a b'],
    ['a setting for a shell falls back', ['go.mod'], undefined, 'test: { command: a && b }', 'go test ./...'],
  ])('%s', (_, names, scripts, settings, line) => {
    const command = found(names, scripts, settings);
    expect(command && [command.program, ...command.args].join(' ')).toBe(line);
  });

  it.each<[Record<string, string>, string | undefined]>([
    [{ test: 'vitest run --project unit' }, 'vitest'],
    [{ test: 'jest --ci' }, 'jest'],
    [{ test: 'vitest' }, undefined],
    [{ test: 'vitest run && echo done' }, undefined],
    [{ test: 'vitest run --reporter=dot' }, undefined],
    [{ test: 'vitest run', posttest: 'x' }, undefined],
    [{ test: 'tsc && jest' }, undefined],
  ])('%j can write JSON: %s', (scripts, reporter) => {
    expect(found([], scripts)?.reporter).toBe(reporter);
  });

  it('asks for the report behind the dashes of npm', () => {
    const command = found([], { unit: 'vitest run' }, 'test: { command: npm run unit, timeout: 3m }')!;
    expect(command.timeout).toBe('3m');
    expect(withReport(command, '/w/r.json')).toEqual([
      'run',
      'unit',
      '--',
      '--reporter=default',
      '--reporter=json',
      '--outputFile.json=/w/r.json',
    ]);
    const jest = found([], { test: 'jest' })!;
    expect(withReport(jest, '/w/r.json')).toEqual(['test', '--', '--json', '--outputFile=/w/r.json']);
  });
});

describe('parseReviewSettings', () => {
  it.each(['- a', 'a: [', 'test: 3', 'test: { command: [1] }', 'test: { command: [] }', 'test: { command: "" }'])(
    '%j is a problem, not an error',
    (text) => {
      expect(parseReviewSettings(text).problem).toContain('.aet/review.yaml');
    },
  );
  it('takes an empty or missing file', () => {
    expect([parseReviewSettings(undefined), parseReviewSettings('\n')]).toEqual([{ ignore: [] }, { ignore: [] }]);
  });
});
