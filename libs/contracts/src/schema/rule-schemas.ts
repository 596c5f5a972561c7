import type { Rule } from './class-rules.js';
import type { JsonSchema } from './json-schema.js';

type Constraints = readonly unknown[];

export const NOT_EMPTY = { not: { enum: ['', null] } } as const;

/** class-validator's rules as JSON Schema says them, by their names. */
const SCHEMAS: Readonly<Record<string, (constraints: Constraints) => JsonSchema | undefined>> = {
  isDefined: () => ({}),
  isString: () => ({ type: 'string' }),
  isBoolean: () => ({ type: 'boolean' }),
  isInt: () => ({ type: 'integer' }),
  isNumber: ([options]) => (hasNoOptions(options) ? { type: 'number' } : undefined),
  isArray: () => ({ type: 'array' }),
  isObject: () => ({ type: 'object' }),
  isNotEmptyObject: ([options]) => (hasNoOptions(options) ? { type: 'object', minProperties: 1 } : undefined),
  isNotEmpty: () => NOT_EMPTY,

  equals: ([value]) => ({ const: value }),
  notEquals: ([value]) => ({ not: { const: value } }),
  isIn: ([values]) => ({ enum: [...(values as Iterable<unknown>)] }),
  isNotIn: ([values]) => ({ not: { enum: [...(values as Iterable<unknown>)] } }),
  isEnum: ([, values]) => ({ enum: [...(values as Iterable<unknown>)] }),

  min: ([limit]) => ({ type: 'number', minimum: limit }),
  max: ([limit]) => ({ type: 'number', maximum: limit }),
  isPositive: () => ({ type: 'number', exclusiveMinimum: 0 }),
  isNegative: () => ({ type: 'number', exclusiveMaximum: 0 }),

  minLength: ([limit]) => ({ type: 'string', minLength: limit }),
  maxLength: ([limit]) => ({ type: 'string', maxLength: limit }),
  isLength: ([from, to]) => ({ type: 'string', minLength: from, ...(to === undefined ? {} : { maxLength: to }) }),
  matches: ([pattern, modifiers]) => patternSchema(pattern as RegExp | string, modifiers),
  isUuid: () => ({ type: 'string', format: 'uuid' }),
  isUrl: () => ({ type: 'string', format: 'uri' }),
  isEmail: () => ({ type: 'string', format: 'email' }),
  isIso8601: () => ({ type: 'string', format: 'date-time' }),
  isDateString: () => ({ type: 'string', format: 'date-time' }),
  isRFC3339: () => ({ type: 'string', format: 'date-time' }),

  arrayMinSize: ([size]) => ({ type: 'array', minItems: size }),
  arrayMaxSize: ([size]) => ({ type: 'array', maxItems: size }),
  arrayNotEmpty: () => ({ type: 'array', minItems: 1 }),
  // What is an object counts by identity there; by value here, which asks for more.
  arrayUnique: () => ({ type: 'array', uniqueItems: true }),
  arrayContains: ([values]) => ({
    type: 'array',
    allOf: [...(values as Iterable<unknown>)].map((value) => ({ contains: { const: value } })),
  }),
};

/** Undefined when a schema cannot say it. */
export const ruleSchema = (rule: Rule): JsonSchema | undefined =>
  Object.hasOwn(SCHEMAS, rule.name) ? SCHEMAS[rule.name]?.(rule.constraints) : undefined;

/** A pattern of a schema has no modifiers, and is read as with `u`. */
function patternSchema(pattern: RegExp | string, modifiers: unknown): JsonSchema | undefined {
  const { source, flags } =
    pattern instanceof RegExp ? pattern : { source: pattern, flags: typeof modifiers === 'string' ? modifiers : '' };
  return /^[gu]*$/.test(flags) && isUnicodePattern(source) ? { type: 'string', pattern: source } : undefined;
}

function isUnicodePattern(source: string): boolean {
  try {
    return new RegExp(source, 'u').source !== '';
  } catch {
    return false;
  }
}

const hasNoOptions = (options: unknown): boolean =>
  options === undefined || (typeof options === 'object' && options !== null && Object.keys(options).length === 0);
