import type { Rule } from './class-rules.js';

/** True when the value keeps the rule for sure; otherwise the rule itself is asked. */
export type Shortcut = (value: unknown) => boolean;

interface KnownRule {
  /** What the rule says when it refuses: so it is told from another of the same name. */
  sentence: string;
  shortcut: (constraints: readonly unknown[]) => Shortcut | undefined;
}

/**
 * A short look instead of a rule of class-validator's own: the usual ones lie behind several calls, and those of length search a text twice
 * for characters that count as none, which takes longer than reading the request. Source: `isLength` of validator.js.
 */
export function shortcutOf(rule: Rule): Shortcut | undefined {
  const known = KNOWN.get(rule.name);
  if (known === undefined) return undefined;
  const args = { value: '', constraints: [...rule.constraints], targetName: '', object: {}, property: '' };
  const isGenuine = rule.sentence(args).replace(/^each value in /, '') === known.sentence;
  return isGenuine ? known.shortcut(rule.constraints) : undefined;
}

const atLeast = '$property must be longer than or equal to $constraint1 characters';

const KNOWN: ReadonlyMap<string, KnownRule> = new Map<string, KnownRule>([
  ['isString', { sentence: '$property must be a string', shortcut: () => (value) => typeof value === 'string' }],
  ['isInt', { sentence: '$property must be an integer number', shortcut: () => Number.isInteger }],
  ['isBoolean', { sentence: '$property must be a boolean value', shortcut: () => (value) => typeof value === 'boolean' }],
  ['isArray', { sentence: '$property must be an array', shortcut: () => Array.isArray }],
  ['isObject', { sentence: '$property must be an object', shortcut: () => isRecord }],
  [
    'isNotEmpty',
    { sentence: '$property should not be empty', shortcut: () => (value) => typeof value === 'string' && value !== '' },
  ],
  [
    'isIn',
    {
      sentence: '$property must be one of the following values: $constraint1',
      shortcut: ([values]) => oneOf(values as unknown[]),
    },
  ],
  ['min', { sentence: '$property must not be less than $constraint1', shortcut: ([limit]) => number(limit, (a, b) => a >= b) }],
  [
    'max',
    { sentence: '$property must not be greater than $constraint1', shortcut: ([limit]) => number(limit, (a, b) => a <= b) },
  ],
  [
    'maxLength',
    {
      sentence: '$property must be shorter than or equal to $constraint1 characters',
      shortcut: ([limit]) => text(limit, (value, most) => value.length <= most),
    },
  ],
  ['minLength', { sentence: atLeast, shortcut: ([limit]) => text(limit, hasAtLeast) }],
  [
    'isLength',
    {
      sentence: atLeast,
      shortcut: ([from, to]) =>
        text(to, (value, most) => value.length <= most && typeof from === 'number' && hasAtLeast(value, from)),
    },
  ],
]);

const isRecord: Shortcut = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const oneOf =
  (values: readonly unknown[]): Shortcut =>
  (value) =>
    typeof value === 'string' && values.includes(value);

const number = (limit: unknown, keeps: (value: number, limit: number) => boolean): Shortcut | undefined =>
  typeof limit === 'number' ? (value) => typeof value === 'number' && keeps(value, limit) : undefined;

const text = (limit: unknown, keeps: (value: string, limit: number) => boolean): Shortcut | undefined =>
  typeof limit === 'number' ? (value) => typeof value === 'string' && keeps(value, limit) : undefined;

/** Whether so many characters count, each for itself: low surrogates and presentation selectors may not. */
function hasAtLeast(value: string, wanted: number): boolean {
  let found = 0;
  for (let index = 0; found < wanted && index < value.length; index += 1) {
    const unit = value.charCodeAt(index);
    if ((unit < 0xdc00 || unit > 0xdfff) && unit !== 0xfe0e && unit !== 0xfe0f) found += 1;
  }
  return found >= wanted;
}
