import { asArray, type JsonObject } from '../json.js';

const ALL = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];

/** Types that a schema accepts; undefined: any. `nullable` (3.0), `x-nullable` (2.0), `const` and `enum` without a type are understood. */
export function typesOf(schema: JsonObject): Set<string> | undefined {
  const declared = schema['type'];
  const types =
    typeof declared === 'string' ? [declared] : asArray(declared).filter((type): type is string => typeof type === 'string');
  if (types.length === 0) return undefined;
  const result = new Set(types);
  if (schema['nullable'] === true || schema['x-nullable'] === true) result.add('null');
  return result;
}

const accepts = (types: ReadonlySet<string>, type: string): boolean =>
  types.has(type) || (type === 'integer' && types.has('number'));

/** Types that `from` has and `to` does not accept. */
export function typesNotIn(from: ReadonlySet<string> | undefined, to: ReadonlySet<string> | undefined): string[] {
  if (to === undefined) return [];
  return [...(from ?? new Set(ALL))]
    .filter((type) => !accepts(to, type))
    .filter((type) => from !== undefined || type !== 'integer');
}

export const describeTypes = (types: ReadonlySet<string> | undefined): string =>
  types === undefined ? 'any type' : [...types].toSorted().join(' or ');
