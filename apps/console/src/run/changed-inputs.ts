/** The inputs that are not as they were. Undefined: none. @throws {Error} when what was typed is not an object */
export function changedInputs(before: Record<string, unknown>, typed: unknown): Record<string, unknown> | undefined {
  if (typed === undefined) return undefined;
  if (typeof typed !== 'object' || typed === null || Array.isArray(typed))
    throw new Error('The inputs must be an object, such as {"repo": "."}');
  const changed = Object.entries(typed).filter(
    ([name, value]) => !Object.hasOwn(before, name) || JSON.stringify(before[name]) !== JSON.stringify(value),
  );
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}
