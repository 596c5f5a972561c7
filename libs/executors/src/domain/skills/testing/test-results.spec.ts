import { describe, expect, it } from 'vitest';
import { parseJestJson } from './jest-json.js';
import { parseJunit } from './junit-xml.js';
import { parseSummary } from './summary-text.js';
import { parseTap } from './tap-output.js';
import { testFindings, type CommandEnd } from './test-findings.js';
import { placeIn } from './test-results.js';

const ROOT = '/repo';

describe('parseJestJson', () => {
  it('reads counts, failures with their place, and files that did not load', () => {
    const report = {
      testResults: [
        {
          name: '/repo/src/a.spec.ts',
          status: 'failed',
          assertionResults: [
            { status: 'passed', fullName: 'a ok' },
            { status: 'pending', fullName: 'a later' },
            {
              status: 'failed',
              fullName: 'a adds',
              failureMessages: [
                'AssertionError: expected 1 to be 2\n    at /repo/node_modules/x.js:1:1\n    at /repo/src/a.spec.ts:9:5',
              ],
            },
          ],
        },
        { name: '/repo/src/b.spec.ts', status: 'failed', message: 'SyntaxError: no', assertionResults: [] },
      ],
    };
    expect(parseJestJson(JSON.stringify(report), ROOT, 'vitest-json')).toEqual({
      format: 'vitest-json',
      passed: 1,
      failed: 2,
      skipped: 1,
      failures: [
        { name: 'a adds', message: 'AssertionError: expected 1 to be 2', file: 'src/a.spec.ts', line: 9 },
        { name: 'src/b.spec.ts', message: 'SyntaxError: no', file: 'src/b.spec.ts' },
      ],
    });
  });
  it.each(['', '{', '[]', '{"testResults":1}'])('%j is something else', (text) => {
    expect(parseJestJson(text, ROOT, 'x')).toBeUndefined();
  });
});

describe('parseJunit', () => {
  it('reads nested suites, errors, skipped cases and places', () => {
    const xml = `<?xml version="1.0"?><testsuites><testsuite name="s" file="src/s.py"><testsuite>
      <testcase classname="A" name="ok"/><testcase name="later"><skipped/></testcase>
      <testcase classname="A" name="less &lt; more" line="4"><failure message="1 &lt; 0">at x</failure></testcase>
      </testsuite><testcase name="boom"><error>Error: no
      at run (/repo/src/x.ts:3:1)</error></testcase></testsuite></testsuites>`;
    expect(parseJunit(xml, ROOT)).toEqual({
      format: 'junit',
      passed: 1,
      failed: 2,
      skipped: 1,
      failures: [
        { name: 'boom', message: 'Error: no', file: 'src/s.py' },
        { name: 'A › less < more', message: '1 < 0', file: 'src/x.ts', line: 4 },
      ]
        .map((failure) => (failure.name === 'boom' ? failure : { ...failure, file: undefined, line: undefined }))
        .map(({ file, line, ...rest }) => ({ ...rest, ...(file ? { file } : {}), ...(line ? { line } : {}) })),
    });
  });
  it('does not expand entities and does not throw', () => {
    expect(parseJunit('<!DOCTYPE a [<!ENTITY x "y">]><testsuite><testcase name="&x;"/></testsuite>', ROOT)).toMatchObject({
      passed: 1,
    });
    expect(parseJunit('<html></html>', ROOT)).toBeUndefined();
    expect(parseJunit('<testsuite', ROOT)).toBeUndefined();
  });
});

describe('parseTap', () => {
  it('counts leaves of nested tests only', () => {
    const tap = `noise\nTAP version 13\n# Subtest: group\n    # Subtest: inner\n    not ok 1 - inner\n      ---\n      location: '/repo/a.mjs:3:1'\n      error: 'no'\n      ...\n    ok 2 - other\n    1..2\nnot ok 1 - group\nok 2 - todo # TODO\n1..2\n`;
    expect(parseTap(tap, ROOT)).toEqual({
      format: 'tap',
      passed: 1,
      failed: 1,
      skipped: 1,
      failures: [{ name: 'inner', message: 'no', file: 'a.mjs', line: 3 }],
    });
  });
  it.each(['', 'ok then', 'all is ok\n12 tests'])('%j is something else', (text) => {
    expect(parseTap(text, ROOT)).toBeUndefined();
  });
});

describe('parseSummary', () => {
  it.each<[string, string, [number, number, number]]>([
    ['vitest', ' FAIL  src/a.spec.ts > adds\n Tests  1 failed | 12 passed | 2 skipped (15)\n', [12, 1, 2]],
    ['jest', 'Tests:       1 failed, 3 passed, 4 total\n', [3, 1, 0]],
    ['pytest', 'FAILED tests/test_a.py::test_x - assert\n==== 1 failed, 3 passed, 2 skipped in 0.12s ====\n', [3, 1, 2]],
    ['pytest, green', '3 passed in 0.10s\n', [3, 0, 0]],
    ['cargo', 'test a::b ... FAILED\ntest result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured\n', [3, 1, 2]],
    ['mocha', '  12 passing (2s)\n  1 pending\n  2 failing\n', [12, 2, 1]],
    ['ours', '41 passed, 0 failed\n', [41, 0, 0]],
    [
      'go',
      '--- FAIL: TestA (0.00s)\n    a_test.go:7: no\nFAIL\nFAIL\texample.org/a\t0.002s\nok  \texample.org/b\t0.1s\n',
      [1, 1, 0],
    ],
  ])('%s', (_, text, [passed, failed, skipped]) => {
    expect(parseSummary(text, ROOT)).toMatchObject({ passed, failed, skipped });
  });
  it('finds no counts in plain text', () => {
    expect(parseSummary('building\ndone\n', ROOT)).toBeUndefined();
  });
  it('names failing tests with their file', () => {
    expect(parseSummary('FAILED tests/test_a.py::test_x - assert\n1 failed in 0.1s\n', ROOT)?.failures).toEqual([
      { name: 'tests/test_a.py::test_x - assert', message: 'failed', file: 'tests/test_a.py' },
    ]);
  });
});

describe('placeIn', () => {
  it.each([
    ['    at fn (/repo/src/a.ts:3:9)', { file: 'src/a.ts', line: 3 }],
    ['    at file:///repo/src/a.ts:3:9', { file: 'src/a.ts', line: 3 }],
    [' ❯ src/a.spec.ts:7:1', { file: 'src/a.spec.ts', line: 7 }],
    ['    at node:internal/x:1:1\n    at /repo/node_modules/x.js:1:1', undefined],
    ['    at /elsewhere/a.ts:3:9', undefined],
  ])('%j', (stack, place) => {
    expect(placeIn(stack, ROOT)).toEqual(place);
  });
});

describe('testFindings', () => {
  const command = { program: 'npm', args: ['test'], from: 'x' };
  const end = (more: Partial<CommandEnd> = {}): CommandEnd => ({
    code: 0,
    signal: null,
    timedOut: false,
    durationMs: 1,
    tail: '',
    ...more,
  });
  const results = (failed: number, names: string[] = []) => ({
    format: 'x',
    passed: 1,
    failed,
    skipped: 0,
    failures: names.map((name) => ({ name, message: 'm' })),
  });
  it.each<[string, CommandEnd, ReturnType<typeof results> | undefined, string[]]>([
    ['green', end(), results(0), []],
    ['green without results', end(), undefined, []],
    ['named failures', end({ code: 1 }), results(1, ['a']), ['tests/failed']],
    ['more failed than are named', end({ code: 1 }), results(3, ['a']), ['tests/failed', 'tests/command-failed']],
    ['an exit code alone', end({ code: 2 }), undefined, ['tests/command-failed']],
    ['green counts and a bad exit code', end({ code: 2 }), results(0), ['tests/command-failed']],
    [
      'the limit',
      end({ code: null, signal: 'SIGTERM', timedOut: true }),
      results(1, ['a']),
      ['tests/time-limit', 'tests/failed'],
    ],
    ['a missing runner', end({ code: 127, tail: 'sh: 1: vitest: not found' }), undefined, ['tests/not-installed']],
    ['a missing package', end({ code: 1, tail: "Error: Cannot find module 'left-pad'" }), undefined, ['tests/not-installed']],
    ['a missing program', end({ code: null, notStarted: 'the program npm was not found' }), undefined, ['tests/not-started']],
  ])('%s', (_, ended, parsed, rules) => {
    expect(testFindings(command, ended, parsed, 1000).map(({ rule }) => rule)).toEqual(rules);
  });
});
