import { asArray, asObject, asString, isObject } from '../json.js';
import { firstLines, placeIn, relativeTo, type TestFailure, type TestResults } from './test-results.js';

/** Reads the JSON that Jest writes and that Vitest writes in the same shape. Undefined: it is something else. */
export function parseJestJson(text: string, root: string, format: string): TestResults | undefined {
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(report) || !Array.isArray(report['testResults'])) return undefined;
  const files = report['testResults'].map(asObject);
  const tests = files.flatMap((file) => asArray(file['assertionResults']).map((test) => ({ file, test: asObject(test) })));
  const count = (status: string): number => tests.filter(({ test }) => test['status'] === status).length;
  const failures = tests.filter(({ test }) => test['status'] === 'failed').map(({ file, test }) => failureOf(file, test, root));
  // A file that does not even load has no tests to fail.
  const broken = files
    .filter(
      (file) =>
        file['status'] === 'failed' && !asArray(file['assertionResults']).some((test) => asObject(test)['status'] === 'failed'),
    )
    .map((file) => unloaded(file, root));
  return {
    format,
    passed: count('passed'),
    failed: failures.length + broken.length,
    skipped: tests.length - count('passed') - failures.length,
    failures: [...failures, ...broken],
  };
}

function failureOf(file: Record<string, unknown>, test: Record<string, unknown>, root: string): TestFailure {
  const messages = asArray(test['failureMessages']).map(String).join('\n');
  const failure: TestFailure = {
    name: asString(test['fullName']) ?? asString(test['title']) ?? 'a test',
    message: firstLines(messages),
  };
  const path = relativeTo(asString(file['name']) ?? '', root);
  if (path !== undefined && path !== '') failure.file = path;
  const location = asObject(test['location'])['line'];
  const place = placeIn(messages, root);
  if (place && (failure.file === undefined || place.file === failure.file)) Object.assign(failure, place);
  else if (typeof location === 'number') failure.line = location;
  return failure;
}

function unloaded(file: Record<string, unknown>, root: string): TestFailure {
  const path = relativeTo(asString(file['name']) ?? '', root);
  const failure: TestFailure = {
    name: path ?? 'a test file',
    message: firstLines(asString(file['message']) ?? 'the file could not be loaded'),
  };
  return path === undefined || path === '' ? failure : { ...failure, file: path };
}
