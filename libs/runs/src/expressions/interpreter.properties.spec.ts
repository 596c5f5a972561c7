import { type JSONValue, search } from '@jmespath-community/jmespath';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from './expression.js';

/**
 * Where ours differs from the library on purpose, and these expressions do not go: numbers are sorted as numbers, texts by code points in max and min,
 * group_by passes null on as it is, max_by and min_by take texts, contains compares as JSON, an empty text is padded, slices count code points, `replace` with a count takes the text as it is.
 */
const LEAVES = [
  '@',
  'a',
  'b.c',
  'list',
  'list[0]',
  'list[-1].a',
  'text',
  '`5`',
  "'x'",
  '`null`',
  '$.a',
  '$',
  'list[*].a',
  'list[].b',
  'b.*',
  'list[?a]',
];
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const [one, two] = [tie('expression'), fc.tuple(tie('expression'), tie('expression'))];
  return {
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...LEAVES),
      one.map((x) => `!(${x})`),
      one.map((x) => `(${x})[1]`),
      one.map((x) => `(${x})[*]`),
      one.map((x) => `(${x})[]`),
      one.map((x) => `(${x}).a`),
      one.map((x) => `(${x}).*`),
      fc
        .tuple(one, fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }), fc.constantFrom(-2, -1, 1, 2))
        .map(([x, from, to, step]) => `(${x})[${from}:${to}:${step}]`),
      two.map(([x, y]) => `(${x}) | (${y})`),
      two.map(([x, y]) => `(${x}) || (${y})`),
      two.map(([x, y]) => `(${x}) && (${y})`),
      two.map(([x, y]) => `(${x})[?${y}]`),
      two.map(([x, y]) => `[${x}, ${y}]`),
      two.map(([x, y]) => `{a: ${x}, b: ${y}}`),
      two.map(([x, y]) => `(${x}) == (${y})`),
      two.map(([x, y]) => `(${x}) < (${y})`),
      two.map(([x, y]) => `(${x}) ? (${y}) : a`),
      fc
        .tuple(
          fc.constantFrom(
            'keys',
            'values',
            'items',
            'length',
            'type',
            'to_string',
            'to_array',
            'reverse',
            'not_null',
            'upper',
            'trim',
          ),
          one,
        )
        .map(([name, x]) => `${name}(${x})`),
      two.map(([x, y]) => `map(&${x}, ${y})`),
      two.map(([x, y]) => `split(to_string(${x}), to_string(${y}))`),
      two.map(([x, y]) => `starts_with(to_string(${x}), to_string(${y}))`),
      two.map(([x, y]) => `find_last(to_string(${x}), to_string(${y}))`),
      one.map((x) => `group_by(to_array(${x})[?@], &type(@))`),
      one.map((x) => `sort(map(&to_string(@), to_array(${x})))`),
      one.map((x) => `sort_by(to_array(${x}), &to_string(@))`),
      two.map(([x, y]) => `zip(to_array(${x}), to_array(${y}))`),
    ),
  };
});

const data = fc.record({
  a: fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.boolean()),
  b: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 1 })),
  list: fc.array(
    fc.record({ a: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(null)), b: fc.array(fc.string(), { maxLength: 3 }) }),
    { maxLength: 4 },
  ),
  text: fc.string({ unit: fc.constantFrom('a', 'b', 'é', ' ', '\u0085', '\n'), maxLength: 8 }),
});

const outcome = (run: () => unknown): unknown => {
  try {
    return JSON.parse(JSON.stringify(run() ?? null)) as unknown;
  } catch {
    return 'an error';
  }
};

describe('our interpreter', { timeout: 60_000 }, () => {
  it('gives what the library gives, or an error where that gives one', () => {
    fc.assert(
      fc.property(expression, data, (text, value) => {
        expect(outcome(() => evaluate(text, value as never))).toEqual(outcome(() => search(value as unknown as JSONValue, text)));
      }),
      { numRuns: 2000 },
    );
  });
});
