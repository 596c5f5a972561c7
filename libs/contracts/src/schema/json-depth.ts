/** Deeper is no request but an attack on the stack of whoever walks through it. Levels of objects and lists. */
export const MAX_JSON_DEPTH = 64;

/**
 * Whether a value made by `JSON.parse` can be walked through without harm: no deeper than that, and no field with a name that every object
 * has anyway, such as `constructor` or `__proto__`.
 */
export function isHarmlessJson(value: unknown, depth = MAX_JSON_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth <= 0) return false;
  if (Array.isArray(value)) {
    for (const element of value) if (!isHarmlessJson(element, depth - 1)) return false;
    return true;
  }
  for (const key of Object.keys(value)) {
    if (key in Object.prototype || !isHarmlessJson((value as Record<string, unknown>)[key], depth - 1)) return false;
  }
  return true;
}

/** Whether it is no deeper than that. Never goes deeper itself. */
export function isShallowJson(value: unknown, depth = MAX_JSON_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isShallowJson(inner, depth - 1));
}
