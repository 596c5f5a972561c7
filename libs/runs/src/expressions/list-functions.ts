import type { Budget } from './budget.js';
import { define, type ExpressionFunction, many, one } from './function-signature.js';
import { compare } from './number-functions.js';
import { type Applicable, isEqual, type Json, typeOf } from './values.js';
import { searched } from './text-search.js';

interface Keyed {
  element: Json;
  key: string | number;
}

/** Every element with what the expression gives for it, once for each. @throws unless all are texts, or all numbers */
function keyed(name: string, list: readonly Json[], key: Applicable): Keyed[] {
  const found = list.map((element) => ({ element, key: key.apply(element) as string | number }));
  const wanted = typeOf(found[0]?.key);
  for (const { key: given } of found) {
    const type = typeOf(given);
    if ((type !== 'string' && type !== 'number') || type !== wanted)
      throw new Error(
        `${name}() needs an expression that gives a number for each element, or a text for each, and it gives ${type}`,
      );
  }
  return found;
}

function sort<T>(list: readonly T[], keyOf: (element: T) => Json, budget: Budget): T[] {
  budget.spend(list.length);
  return list.toSorted((a, b) => compare(keyOf(a), keyOf(b), budget));
}

/** The first of those with the largest key, or with `sign` -1 the smallest. */
const extremeBy =
  (name: string, sign: 1 | -1) =>
  ([list, key]: [Json[], Applicable], budget: Budget): Json => {
    const [first, ...rest] = keyed(name, list, key);
    if (first === undefined) return null;
    return rest.reduce((best, next) => (sign * compare(next.key, best.key, budget) > 0 ? next : best), first).element;
  };

/** A new key of an object costs so much more than an element of a list. */
const GROUP_COST = 8;

function groupBy([list, key]: [Json[], Applicable], budget: Budget): Json {
  const groups = new Map<string, Json[]>();
  for (const element of list) {
    const name = key.apply(element);
    if (typeof name !== 'string')
      throw new Error(`group_by() needs an expression that gives a text, and it gives ${typeOf(name)}`);
    const group = groups.get(name);
    if (group === undefined) {
      budget.spend(GROUP_COST);
      groups.set(name, [element]);
    } else group.push(element);
  }
  return Object.fromEntries(groups);
}

function zip(lists: Json[][], budget: Budget): Json {
  const length = lists.reduce((shortest, list) => Math.min(shortest, list.length), Infinity);
  budget.spend(length * lists.length);
  return Array.from({ length }, (_, at) => lists.map((list) => list[at]));
}

function contains([where, what]: [string | Json[], Json], budget: Budget): Json {
  if (typeof where === 'string') return typeof what === 'string' ? searched(where, what, budget).includes(what) : null;
  return where.some((element) => isEqual(element, what, budget));
}

function reverse([value]: [string | Json[]], budget: Budget): Json {
  budget.spend(value.length);
  return typeof value === 'string' ? Array.from(value).toReversed().join('') : value.toReversed();
}

export const listFunctions: Readonly<Record<string, ExpressionFunction>> = {
  contains: define([one('string', 'array'), one('any')], contains),
  group_by: define([one('array'), one('expression')], groupBy),
  map: define([one('expression'), one('array')], ([key, list]: [Applicable, Json[]]) =>
    list.map((element) => key.apply(element) ?? null),
  ),
  max_by: define([one('array'), one('expression')], extremeBy('max_by', 1)),
  min_by: define([one('array'), one('expression')], extremeBy('min_by', -1)),
  not_null: define([many('any')], (values: Json[]) => values.find((value) => typeOf(value) !== 'null') ?? null),
  reverse: define([one('string', 'array')], reverse),
  sort: define([one('array<string>', 'array<number>')], ([list]: [Json[]], budget) => sort(list, (element) => element, budget)),
  sort_by: define([one('array'), one('expression')], ([list, key]: [Json[], Applicable], budget) =>
    sort(keyed('sort_by', list, key), (element) => element.key, budget).map(({ element }) => element),
  ),
  to_array: define([one('any')], ([value]: [Json]) => (Array.isArray(value) ? value : [value])),
  zip: define([many('array')], zip),
};
