import type { Budget } from './budget.js';
import { define, type ExpressionFunction, one } from './function-signature.js';
import { compareText, COMPARISON, type Json } from './values.js';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The first of the largest, or with `sign` -1 of the smallest. */
const extreme =
  (sign: 1 | -1) =>
  ([list]: [(string | number)[]], budget: Budget): Json => {
    budget.spend(list.length);
    return list.slice(1).reduce<Json>((best, value) => (sign * compare(value, best, budget) > 0 ? value : best), list[0] ?? null);
  };

/** Two numbers, or two texts. */
export function compare(a: Json, b: Json, budget: Budget): number {
  if (typeof a === 'string') return compareText(a, b as string, budget);
  budget.spend(COMPARISON);
  return (a as number) - (b as number);
}

/** As JSON writes numbers; `Number` reads more. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

const toNumber = ([value]: [Json]): Json => {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.length > 400 || !NUMBER.test(value)) return null;
  return Number.isFinite(Number(value)) ? Number(value) : null;
};

export const numberFunctions: Readonly<Record<string, ExpressionFunction>> = {
  abs: define([one('number')], ([value]: [number]) => Math.abs(value)),
  ceil: define([one('number')], ([value]: [number]) => Math.ceil(value)),
  floor: define([one('number')], ([value]: [number]) => Math.floor(value)),
  avg: define([one('array<number>')], ([list]: [number[]]) => (list.length === 0 ? null : sum(list) / list.length)),
  sum: define([one('array<number>')], ([list]: [number[]]) => sum(list)),
  max: define([one('array<number>', 'array<string>')], extreme(1)),
  min: define([one('array<number>', 'array<string>')], extreme(-1)),
  to_number: define([one('any')], toNumber),
};
