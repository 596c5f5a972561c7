import { Parser, type Result } from 'tap-parser';
import { asObject, asString, isObject } from '../json.js';
import { firstLines, placeIn, relativeTo, type TestFailure, type TestResults } from './test-results.js';

/** Reads TAP, with nested tests as Node's runner and node-tap write them. Undefined: it is something else. */
export function parseTap(text: string, root: string): TestResults | undefined {
  const from = /^(TAP version \d+|\d+\.\.\d+|(not )?ok\b)/m.exec(text);
  if (!from || !/^\s*(TAP version \d+|\d+\.\.\d+)/m.test(text)) return undefined;
  const results: TestResults = { format: 'tap', passed: 0, failed: 0, skipped: 0, failures: [] };
  const parser = new Parser();
  listen(parser, results, root);
  parser.end(text.slice(from.index));
  return results.passed + results.failed + results.skipped === 0 ? undefined : results;
}

function listen(parser: Parser, results: TestResults, root: string): void {
  const parents = new Set<string>();
  parser.on('child', (child: Parser) => {
    parents.add(child.name.replace(/^# Subtest: /, ''));
    listen(child, results, root);
  });
  parser.on('assert', (result: Result) => {
    // The line after a nested test repeats its outcome: only leaves are tests.
    const closes = result.closingTestPoint || parents.has(result.name);
    if (result.skip !== false || result.todo !== false) results.skipped += Number(!closes);
    else if (result.ok) results.passed += Number(!closes);
    else if (!closes) {
      results.failed += 1;
      results.failures.push(failureOf(result, root));
    }
  });
}

function failureOf(result: Result, root: string): TestFailure {
  const diag: unknown = result.diag;
  const details = isObject(diag) ? diag : {};
  const at = asObject(details['at']);
  const stack = [asString(details['stack']), asString(details['location'])].filter((part) => part !== undefined).join('\n');
  const failure: TestFailure = {
    name: result.name === '' ? `test ${result.id}` : result.name,
    message: firstLines(asString(details['error']) ?? asString(details['message']) ?? 'failed'),
  };
  const file = relativeTo(asString(at['fileName']) ?? asString(at['file']) ?? '', root);
  const line = at['lineNumber'] ?? at['line'];
  if (file !== undefined && file !== '' && typeof line === 'number') return { ...failure, file, line };
  return { ...failure, ...placeIn(stack, root) };
}
