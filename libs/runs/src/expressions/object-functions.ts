import type { Budget } from './budget.js';
import { define, type ExpressionFunction, many, one } from './function-signature.js';
import { type Json, typeOf } from './values.js';

type Dictionary = Readonly<Record<string, Json>>;

/** A large object's key takes that much longer to list and to set than an element of a list. */
const KEY_COST = 8;

/** Counted, as they are made anew at each call. */
function entries(value: Dictionary, budget: Budget): [string, Json][] {
  const found = Object.entries(value);
  budget.spend(KEY_COST * found.length);
  return found;
}

function fromItems([pairs]: [Json[][]], budget: Budget): Json {
  budget.spend(KEY_COST * pairs.length);
  for (const pair of pairs)
    if (pair.length !== 2 || typeof pair[0] !== 'string') throw new Error('from_items() takes pairs of a text and a value');
  return Object.fromEntries(pairs as [string, Json][]);
}

/** Code points, as JMESPath counts a text. */
function lengthOf([value]: [string | Json[] | Dictionary], budget: Budget): number {
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object') return entries(value, budget).length;
  budget.spend(value.length);
  let points = 0;
  for (const _ of value) points++;
  return points;
}

export const objectFunctions: Readonly<Record<string, ExpressionFunction>> = {
  from_items: define([one('array<array>')], fromItems),
  items: define([one('object')], ([value]: [Dictionary], budget) => entries(value, budget)),
  keys: define([one('object')], ([value]: [Dictionary], budget) => entries(value, budget).map(([key]) => key)),
  length: define([one('string', 'array', 'object')], lengthOf),
  merge: define([many('object')], (values: Dictionary[], budget) =>
    Object.fromEntries(values.flatMap((value) => entries(value, budget))),
  ),
  type: define([one('any')], ([value]: [Json]) => typeOf(value)),
  values: define([one('object')], ([value]: [Dictionary], budget) => entries(value, budget).map(([, inner]) => inner)),
};
