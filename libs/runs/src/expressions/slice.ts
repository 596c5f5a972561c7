import type { Budget } from './budget.js';
import type { Json } from './values.js';

interface Slice {
  start: number | null;
  stop: number | null;
  step: number | null;
}

/** `[start:stop:step]` of a list, or of a text by code points; null of anything else. @throws on a step of 0 */
export function sliced(value: Json, { start, stop, step }: Slice, budget: Budget): Json {
  if (step === 0) throw new Error('the step of a slice cannot be 0');
  if (typeof value === 'string') {
    budget.spend(value.length);
    return elements(Array.from(value), start, stop, step ?? 1).join('');
  }
  if (!Array.isArray(value)) return null;
  budget.spend(value.length);
  return elements(value as Json[], start, stop, step ?? 1);
}

function elements<T>(list: readonly T[], start: number | null, stop: number | null, step: number): T[] {
  const [first, end] = step > 0 ? [0, list.length] : [list.length - 1, -1];
  const from = start === null ? first : bounded(start, list.length, step);
  const to = stop === null ? end : bounded(stop, list.length, step);
  const found: T[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) found.push(list[at] as T);
  return found;
}

function bounded(given: number, length: number, step: number): number {
  const at = given < 0 ? given + length : given;
  if (at < 0) return step < 0 ? -1 : 0;
  if (at >= length) return step < 0 ? length - 1 : length;
  return at;
}
