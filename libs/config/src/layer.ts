import type { Origin } from './config-source.js';

/** A part of a configuration, and where each of its values stands. */
export interface Layer {
  name: string;
  value: Record<string, unknown>;
  /** The place of a value by its path; of its nearest parent when it has none of its own. */
  locate(path: readonly (string | number)[]): Origin;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Later wins; objects are merged key by key, lists and scalars replaced as a whole. */
function merge(lower: unknown, upper: unknown): unknown {
  if (upper === undefined) return lower;
  if (!isRecord(lower) || !isRecord(upper)) return upper;
  const keys = new Set([...Object.keys(lower), ...Object.keys(upper)]);
  return Object.fromEntries([...keys].map((key) => [key, merge(lower[key], upper[key])]));
}

export const mergeLayers = (layers: readonly Layer[]): Record<string, unknown> =>
  layers.reduce<Record<string, unknown>>((merged, layer) => merge(merged, layer.value) as Record<string, unknown>, {});

/** The value at a dotted path, or undefined. */
export const valueAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);
