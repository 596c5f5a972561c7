import type { JsonObject } from '../json.js';

/** How a limit moved. `tightened`: less is accepted. `changed`: cannot be compared, so it may be either. */
export interface LimitChange {
  keyword: string;
  move: 'tightened' | 'loosened' | 'changed';
  text: string;
}

const UPPER = ['maxLength', 'maxItems', 'maxProperties', 'maxContains'];
const LOWER = ['minLength', 'minItems', 'minProperties', 'minContains'];
const OPAQUE = ['pattern', 'format', 'contentEncoding', 'contentMediaType'];

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const show = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));

interface Bound {
  value: number;
  exclusive: boolean;
}

/** `exclusiveMaximum` is a flag in OpenAPI 2 and 3.0 and a number of its own in 3.1 and JSON Schema. */
function bound(schema: JsonObject, inclusive: string, exclusive: string, sign: 1 | -1): Bound | undefined {
  const value = number(schema[inclusive]);
  const limit = number(schema[exclusive]);
  if (limit !== undefined && (value === undefined || sign * limit <= sign * value)) return { value: limit, exclusive: true };
  return value === undefined ? undefined : { value, exclusive: schema[exclusive] === true };
}

/** Positive: the new bound accepts less. `sign` is 1 for an upper bound. */
function stricter(from: Bound | undefined, to: Bound | undefined, sign: 1 | -1): number {
  if (!from || !to) return Number(to !== undefined) - Number(from !== undefined);
  return sign * (from.value - to.value) || Number(to.exclusive) - Number(from.exclusive);
}

export function compareLimits(from: JsonObject, to: JsonObject): LimitChange[] {
  const changes: LimitChange[] = [];
  const add = (keyword: string, strictness: number, was: unknown, is: unknown): void => {
    if (strictness === 0) return;
    changes.push({ keyword, move: strictness > 0 ? 'tightened' : 'loosened', text: `${keyword} ${show(was)} → ${show(is)}` });
  };
  const plain = (keyword: string, sign: 1 | -1): void => {
    const [was, is] = [number(from[keyword]), number(to[keyword])];
    const of = (value: number | undefined): Bound | undefined => (value === undefined ? undefined : { value, exclusive: false });
    // A minimum of 0 says nothing.
    const [a, b] = sign === -1 ? [was === 0 ? undefined : was, is === 0 ? undefined : is] : [was, is];
    add(keyword, stricter(of(a), of(b), sign), was, is);
  };
  for (const keyword of UPPER) plain(keyword, 1);
  for (const keyword of LOWER) plain(keyword, -1);
  const range = (inclusive: string, exclusive: string, sign: 1 | -1): void => {
    const [was, is] = [bound(from, inclusive, exclusive, sign), bound(to, inclusive, exclusive, sign)];
    const text = (at: Bound | undefined): unknown => at && (at.exclusive ? `exclusive ${at.value}` : at.value);
    add(inclusive, stricter(was, is, sign), text(was), text(is));
  };
  range('maximum', 'exclusiveMaximum', 1);
  range('minimum', 'exclusiveMinimum', -1);
  add(
    'uniqueItems',
    Number(to['uniqueItems'] === true) - Number(from['uniqueItems'] === true),
    from['uniqueItems'],
    to['uniqueItems'],
  );
  changes.push(...compareMultiples(from, to), ...OPAQUE.flatMap((keyword) => compareOpaque(keyword, from, to)));
  return changes;
}

function compareMultiples(from: JsonObject, to: JsonObject): LimitChange[] {
  const [was, is] = [number(from['multipleOf']), number(to['multipleOf'])];
  if (was === is) return [];
  const text = `multipleOf ${show(was)} → ${show(is)}`;
  const divides = (a: number, b: number): boolean => Math.abs(b / a - Math.round(b / a)) < 1e-9;
  const move =
    is === undefined || (was !== undefined && divides(is, was))
      ? 'loosened'
      : was === undefined || divides(was, is)
        ? 'tightened'
        : 'changed';
  return [{ keyword: 'multipleOf', move, text }];
}

function compareOpaque(keyword: string, from: JsonObject, to: JsonObject): LimitChange[] {
  const [was, is] = [from[keyword], to[keyword]];
  if (was === is) return [];
  const move = was === undefined ? 'tightened' : is === undefined ? 'loosened' : 'changed';
  return [{ keyword, move, text: `${keyword} ${show(was)} → ${show(is)}` }];
}
