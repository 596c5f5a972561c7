import { XMLParser } from 'fast-xml-parser';
import { asObject, asString } from '../json.js';
import { firstLines, placeIn, relativeTo, type TestFailure, type TestResults } from './test-results.js';

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** Reads JUnit XML: one or many `testsuite`, nested or not. Undefined: it is something else. */
export function parseJunit(text: string, root: string): TestResults | undefined {
  if (!/<testsuites?[\s>]/.test(text)) return undefined;
  let document: Record<string, unknown>;
  try {
    // Entities of the document's own are not expanded: a report is input like any other.
    document = asObject(
      new XMLParser({
        ignoreAttributes: false,
        attributeNamePrefix: '@',
        processEntities: false,
        parseAttributeValue: false,
      }).parse(text),
    );
  } catch {
    return undefined;
  }
  const cases = list(document['testsuites'] ?? document['testsuite']).flatMap((suite) => casesOf(asObject(suite), 0));
  const failures = cases.flatMap((test) => failureOf(test, root) ?? []);
  const skipped = cases.filter((test) => 'skipped' in test).length;
  return { format: 'junit', passed: cases.length - failures.length - skipped, failed: failures.length, skipped, failures };
}

function casesOf(suite: Record<string, unknown>, depth: number): Record<string, unknown>[] {
  if (depth > 20) return [];
  const own = list(suite['testcase']).map((test) => ({ '@file': suite['@file'], ...asObject(test) }));
  return [...own, ...list(suite['testsuite']).flatMap((inner) => casesOf(asObject(inner), depth + 1))];
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", '#10': '\n' };
const decoded = (text: string): string => text.replace(/&(lt|gt|amp|quot|apos|#10);/g, (_, name: string) => ENTITIES[name] ?? '');

function failureOf(test: Record<string, unknown>, root: string): TestFailure | undefined {
  const [problem] = list(test['failure'] ?? test['error']);
  if (problem === undefined) return undefined;
  const details = typeof problem === 'string' ? problem : (asString(asObject(problem)['#text']) ?? '');
  const message = decoded(asString(asObject(problem)['@message']) ?? details);
  const name = [asString(test['@classname']), asString(test['@name'])].filter((part) => part !== undefined).join(' › ');
  const failure: TestFailure = { name: decoded(name === '' ? 'a test' : name), message: firstLines(message) };
  const file = relativeTo(asString(test['@file']) ?? '', root);
  if (file !== undefined && file !== '') {
    failure.file = file;
    const line = Number(test['@line']);
    if (Number.isInteger(line) && line > 0) failure.line = line;
  } else Object.assign(failure, placeIn(decoded(details), root));
  return failure;
}
