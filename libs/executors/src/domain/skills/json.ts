/** Parsed JSON or YAML whose shape is not known yet. */
export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {});
export const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const asString = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Text that is equal for equal values, whatever the order of the keys. Keys in `without` are left out at every level. */
export function canonical(value: unknown, without: ReadonlySet<string> = new Set()): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, without)).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const keys = Object.keys(value)
    .filter((key) => !without.has(key))
    .toSorted();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key], without)}`).join(',')}}`;
}
