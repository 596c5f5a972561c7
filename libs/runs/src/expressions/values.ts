import { isPayloadRef, type PayloadRef } from '@aet/contracts';
import type { Budget } from './budget.js';

export type Json = unknown;

/** `&name`: an expression that a function applies to elements. A class, so that no data can be taken for one. */
export class Applicable {
  constructor(readonly apply: (element: Json) => Json) {}
}

export type TypeName = 'null' | 'string' | 'number' | 'boolean' | 'array' | 'object' | 'expression';

export function typeOf(value: Json): TypeName {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Applicable) return 'expression';
  return typeof value as TypeName;
}

/** JMESPath's truth: false, null, and an empty string, list or object are not. The number 0 is. */
export function isTruthy(value: Json, budget?: Budget): boolean {
  if (typeof value !== 'object' || value === null)
    return value !== false && value !== null && value !== undefined && value !== '';
  if (Array.isArray(value)) return value.length > 0;
  const keys = Object.keys(value).length;
  budget?.spend(keys);
  return keys > 0;
}

/** Equal as JSON. Counts every value that it compares: two small expressions can build structures that share their parts a billion times. */
export function isEqual(a: Json, b: Json, budget: Budget): boolean {
  budget.spend(1);
  if (a === b) return true;
  if (typeof a === 'string' && typeof b === 'string') return false;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((element, at) => isEqual(element, b[at], budget))
    );
  }
  const entries = Object.entries(a);
  budget.spend(entries.length);
  return (
    entries.length === Object.keys(b).length &&
    entries.every(([key, value]) => Object.hasOwn(b, key) && isEqual(value, (b as Record<string, Json>)[key], budget))
  );
}

/** Of two values, in units of the budget: cheaper than a step of evaluation, and a sort makes many. */
export const COMPARISON = 0.25;

/** By code points, as JMESPath has it, and the same on every machine: a locale would not be. */
export function compareText(a: string, b: string, budget: Budget): number {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  budget.spend(COMPARISON + at / 16);
  if (at === shorter) return a.length - b.length;
  return ordered(a.charCodeAt(at)) - ordered(b.charCodeAt(at));
}
/** Halves of a pair stand for code points above all others. */
const ordered = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

/** An evaluation needs a value that lies in the object store: load it, and evaluate again with it. */
export class PayloadNeeded extends Error {
  override readonly name = 'PayloadNeeded';

  constructor(readonly ref: PayloadRef) {
    super(`the payload ${ref.$payload.sha256} is needed`);
  }
}

/** Values of the object store by their checksum. */
export type Payloads = ReadonlyMap<string, unknown>;

/** The value itself, or what its reference stands for. @throws {PayloadNeeded} */
export function opened(value: Json, payloads: Payloads | undefined): Json {
  // Most values have no such key; to look at all keys of each would be most of an evaluation's time.
  if (typeof value !== 'object' || value === null || !('$payload' in value) || !isPayloadRef(value)) return value;
  const found = payloads?.get(value.$payload.sha256);
  if (found === undefined) throw new PayloadNeeded(value);
  return found;
}
