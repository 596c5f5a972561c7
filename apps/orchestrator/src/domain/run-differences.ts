import type { RunDifference, RunDifferences } from '@aet/contracts';
import { jsonBytes } from '@aet/runs';

/** Differences that are named. */
const MOST = 200;
/** A value larger than this is named by its size, in bytes of JSON. */
const LARGEST = 2_000;
/** Levels of one value that are looked into. */
const DEEPEST = 32;

/** Where two values differ, by dotted path. Pure; objects are compared key by key, lists place by place. */
export function differencesOf(before: unknown, after: unknown): RunDifferences {
  const found: RunDifference[] = [];
  let more = 0;
  const note = (path: string, a: unknown, b: unknown): void => {
    if (found.length < MOST) found.push({ path, ...side('before', a), ...side('after', b) });
    else more++;
  };
  compare('', before, after, note, 0);
  return { same: found.length === 0, differences: found, more };
}

function compare(
  path: string,
  a: unknown,
  b: unknown,
  note: (path: string, a: unknown, b: unknown) => void,
  depth: number,
): void {
  if (Object.is(a, b)) return;
  if (!isTree(a) || !isTree(b) || Array.isArray(a) !== Array.isArray(b) || depth === DEEPEST) {
    if (depth < DEEPEST || JSON.stringify(a) !== JSON.stringify(b)) note(path, a, b);
    return;
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    compare(path === '' ? key : `${path}.${key}`, own(a, key), own(b, key), note, depth + 1);
  }
}

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const own = (tree: Record<string, unknown>, key: string): unknown => (Object.hasOwn(tree, key) ? tree[key] : undefined);

function side(name: 'before' | 'after', value: unknown): Partial<RunDifference> {
  if (value === undefined) return {};
  const bytes = jsonBytes(value, LARGEST);
  return { [name]: bytes > LARGEST ? { omittedBytes: jsonBytes(value) } : value };
}
