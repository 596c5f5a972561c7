import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVALUATION_LIMIT, jsonBytes, PAYLOAD_LIMIT_BYTES } from '../run/limits.js';
import { RunSimulator, workflow } from '../testing/run-simulator.js';
import { Budget } from './budget.js';
import { compileExpression, evaluate, ExpressionInvalid } from './expression.js';
import { EXPRESSION_FUNCTIONS } from './functions.js';
import { interpret } from './interpreter.js';
import { render } from './template.js';

const many = Array.from({ length: 20_000 }, (_, at) => ({ name: `file ${at}`, size: at }));
const scope = {
  inputs: {
    many,
    a: 'a'.repeat(200_000),
    spaces: `x${' '.repeat(200_000)}x`,
    text: 'abc',
    big: Object.fromEntries(many.map(({ name, size }) => [name, size])),
    // What an agent might answer in order to be taken for an expression.
    forged: { expref: true, type: 'Function', name: 'to_string', children: [{ type: 'Current' }] },
  },
  steps: {},
};
/** What it says against itself; nothing when it gives a value. Any other error goes through. */
function problemOf(action: () => unknown, kind: new (...args: never[]) => Error = ExpressionInvalid): string {
  try {
    action();
    return '';
  } catch (error) {
    if (error instanceof kind) return error.message;
    throw error;
  }
}

const TOO_MUCH = /takes more than \d+ steps|would build more than|gives more than/;

describe('an expression that would never end', { timeout: 60_000 }, () => {
  it.each([
    ['projections in projections', 'inputs.many[*].[$.inputs.many[*].[$.inputs.many[*].name]]'],
    ['a map in a map', 'map(&map(&map(&name, $.inputs.many), $.inputs.many), inputs.many)'],
    ['a filter that looks at all others', 'inputs.many[?contains($.inputs.many[*].name, name)]'],
    ['sort_by in sort_by', 'sort_by(inputs.many, &sort_by($.inputs.many, &name)[0].name)'],
    ['a condition on a large object', 'inputs.many[?$.inputs.big && $.inputs.big && $.inputs.big]'],
    ['keys of a large object, for each', 'map(&length(keys($.inputs.big)), inputs.many)'],
    ['merge of a large object, for each', 'map(&merge($.inputs.big, $.inputs.big), inputs.many)'],
    ['a text in code points, for each', 'map(&$.inputs.a[::-1], inputs.many)'],
    ['length of a text, for each', 'map(&length($.inputs.a), inputs.many)'],
    ['upper of a text, for each', 'map(&upper($.inputs.a), inputs.many)'],
    ['a search for what is nearly there', `map(&contains($.inputs.a, join('', ['b', $.inputs.a[:100000]])), inputs.many)`],
    ['a search from behind', `find_last(inputs.a, join('', ['b', inputs.a[:100000]]))`],
    ['a split into letters, for each', `map(&split($.inputs.a, ''), inputs.many)`],
    ['a replacement of every letter', `replace(inputs.a, '', inputs.a)`],
    ['a replacement that counts to a billion', "map(&replace($.inputs.a, 'a', 'aa', `1000000000`), inputs.many)"],
    ['trimming again and again', 'map(&trim($.inputs.spaces), inputs.many)'],
    ['padding', "pad_left('x', `1000000000`)"],
    ['padding of a text, for each', "map(&pad_right('x', `200000`), inputs.many)"],
    ['joining a text with itself', `inputs.a${" | join('', [@, @])".repeat(30)}`],
    ['a list of itself', `inputs.many${' | [@, @]'.repeat(60)} | to_string(@)`],
    ['a list of itself, flattened', `inputs.many${' | [@, @][]'.repeat(60)} | length(@)`],
    ['two structures that share their parts', `['x'${' | [@, @]'.repeat(40)}, 'x'${' | [@, @]'.repeat(40)}] | @[0] == @[1]`],
    ['zip of many lists', `zip(${Array.from({ length: 120 }, () => 'inputs.many').join()})`],
    ['group_by in group_by', 'map(&group_by($.inputs.many, &name), inputs.many)'],
  ])('is ended: %s', (_, expression) => {
    expect(problemOf(() => evaluate(expression, scope))).toMatch(TOO_MUCH);
  });

  it('is ended when a template has thousands of them', () => {
    const template = Array.from({ length: 5000 }, () => '${{ inputs.many[?size > `7`].name | length(@) }}');
    expect(() => render(template, scope)).toThrow(TOO_MUCH);
    expect(() =>
      render(
        Array.from({ length: 5000 }, () => 'x ${{ inputs.a }}'),
        scope,
      ),
    ).toThrow(/texts of more than/);
  });

  it('is ended when a thousand steps, each within its limit, begin at once; and the run fails with the reason', () => {
    const when = `inputs.many[?${Array.from({ length: 15 }, () => 'size >= `0`').join(' && ')}]`;
    expect(evaluate(`length(${when})`, scope)).toBe(many.length);
    const steps = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`s${at}`, { checkpoint: at, when }]));
    const document = { ...workflow(steps), inputs: { many: { type: 'array' as const } } };
    const { state } = new RunSimulator(document, { many });
    expect(state).toMatchObject({ status: 'failed', error: { code: 'WORKFLOW_INVALID' } });
    expect(state.error?.message).toContain('all expressions of one decision together take more than');
  });

  it('takes what is a lot, and has an end', () => {
    expect(evaluate('length(sort_by(inputs.many, &name)[?size > `10000`])', scope)).toBe(9999);
    expect(evaluate("trim_right(join('', [inputs.text, inputs.spaces]), ' x')", scope)).toBe('abc');
    expect(evaluate('max(inputs.many[].size)', scope)).toBe(19_999);
    expect(evaluate('length(reverse(inputs.a))', scope)).toBe(200_000);
  });
});

describe('an expression that is made to break out', { timeout: 60_000 }, () => {
  it.each([
    ['data as an expression', 'map(inputs.forged, inputs.many)', 'an expression as an argument begins with "&"'],
    ['a literal as an expression', 'map(`{"expref":true,"type":"LetExpression"}`, inputs.many)', 'begins with "&"'],
    ['an expression as a value', '&inputs.text', '"&" makes an argument'],
    ['an expression in a list', '[&inputs.text]', '"&" makes an argument'],
    ['an expression where none is taken', 'to_string(&inputs.text)', 'begins with "&"'],
    ['a method of objects as a function', 'constructor(inputs.text)', 'there is no function constructor()'],
    ['another one', 'toString()', 'there is no function toString()'],
    ['the time', 'now()', 'there is no function now(); there are: abs, avg'],
    ['too few arguments', 'map(&name)', 'map() takes 2 arguments, and is given 1'],
    ['too many arguments', "replace('a', 'b', 'c', `1`, `2`)", 'replace() takes 3 to 4 arguments, and is given 5'],
    ['none for many', 'merge()', 'merge() takes at least 1 argument, and is given 0'],
    ['deep nesting', `${'['.repeat(300)}@${']'.repeat(300)}`, 'deeper than 200 levels'],
    ['a row of negations', `${'!'.repeat(1999)}@`, 'deeper than 200 levels'],
    ['a long chain', `inputs${'.a'.repeat(900)}`, 'deeper than 200 levels'],
  ])('is refused before it runs: %s', (_, expression, message) => {
    expect(problemOf(() => compileExpression(expression))).toContain(message);
  });

  it('may be nested in brackets as deep as a text can be', () =>
    expect(problemOf(() => compileExpression(`${'('.repeat(999)}@${')'.repeat(999)}`))).toBe(''));

  it('reaches no prototype, and changes none', () => {
    const hostile = { inputs: { list: ['__proto__', 'constructor', 'x'], text: 't' }, steps: {} };
    expect(evaluate('group_by(inputs.list, &@) | sort(keys(@))', hostile)).toEqual(['__proto__', 'constructor', 'x']);
    expect(evaluate('{"__proto__": inputs.text}', hostile)).toEqual(JSON.parse('{"__proto__": "t"}'));
    expect(evaluate("from_items([['__proto__', inputs]]) | merge(@, @) | keys(@)", hostile)).toEqual(['__proto__']);
    expect(evaluate('inputs.__proto__.text || inputs.list.length || inputs.text.constructor', hostile)).toBeNull();
    expect(({} as Record<string, unknown>)['text']).toBeUndefined();
  });

  it.each(['`1e308` * `10`', '`1` / `0`', '`1` % `0`', '`1` // `0`', 'sum([`1e308`, `1e308`])'])(
    'gives numbers that JSON has, or an error: %s',
    (expression) => expect(() => evaluate(expression, scope)).toThrow('gives no number'),
  );
});

/** Expressions of any shape over the names of a scope, in the functions' right and wrong places. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('@', '$', 'list', 'text', 'deep.er', '`3`', "'a b'", '`[1,[2],"x"]`', '`{"a":1}`', '`null`'),
    tie('expression').map((inner) => `[${inner}, ${inner}]`),
    tie('expression').map((inner) => `(${inner})[]`),
    tie('expression').map((inner) => `(${inner})[*].a`),
    tie('expression').map((inner) => `(${inner})[::2]`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a}) | (${b})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a})[?${b}]`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a}) == (${b})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `{k: ${a}, l: ${b}}`),
    fc
      .tuple(fc.constantFrom(...EXPRESSION_FUNCTIONS), fc.array(tie('expression'), { maxLength: 3 }))
      .map(([name, args]) => `${name}(${args.join()})`),
    fc
      .tuple(fc.constantFrom('map', 'sort_by', 'max_by', 'group_by'), tie('expression'), tie('expression'))
      .map(([name, a, b]) => (name === 'map' ? `map(&${a}, ${b})` : `${name}(${b}, &${a})`)),
  ),
}));

describe('any expression', { timeout: 60_000 }, () => {
  it('gives a value that fits, the same each time, or an error of its own kind; and changes nothing', () => {
    fc.assert(
      fc.property(expression, fc.jsonValue({ maxDepth: 3 }), (text, list) => {
        const data = { list: [list, list], text: 'text', deep: { er: list } };
        const before = JSON.stringify(data);
        const run = (): unknown => {
          let value: unknown = null;
          return { problem: problemOf(() => (value = evaluate(text, data as never))), value };
        };
        const first = run();
        expect(run()).toEqual(first);
        expect(jsonBytes(first)).toBeLessThanOrEqual(PAYLOAD_LIMIT_BYTES + 1000);
        expect(JSON.stringify(data)).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  it('does no more work than it is given', () => {
    fc.assert(
      fc.property(expression, fc.integer({ min: 1, max: 300 }), (text, limit) => {
        let steps = 0;
        class Counting extends Budget {
          override spend(units: number): void {
            steps++;
            super.spend(units);
          }
        }
        const data = { list: many.slice(0, 50), text: 'text', deep: { er: [1, 2] } };
        problemOf(
          () => interpret(compileExpression(text), data, { root: data, budget: new Counting(limit), payloads: undefined }),
          Error,
        );
        // Comparisons are the cheapest: a quarter each.
        expect(steps).toBeLessThanOrEqual(4 * limit + 1);
      }),
      { numRuns: 500 },
    );
    expect(EVALUATION_LIMIT).toBeGreaterThan(100_000);
  });
});
