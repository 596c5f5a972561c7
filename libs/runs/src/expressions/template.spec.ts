import { describe, expect, it } from 'vitest';
import { evaluate, isTruthy } from './expression.js';
import { bareExpression, expressionsIn, render, splitTemplate } from './template.js';

const scope = {
  inputs: { name: 'aet', n: 3, list: [1, 2], nothing: null },
  steps: {
    'secret-scan': {
      findings: [
        { severity: 'high', path: 'a' },
        { severity: 'low', path: 'b' },
      ],
    },
  },
  item: { path: 'x.ts' },
  index: 4,
};

describe('render', () => {
  it('keeps the type of a value that stands alone', () => {
    expect(render('${{ inputs.list }}', scope)).toEqual([1, 2]);
    expect(render('${{ inputs.n }}', scope)).toBe(3);
    expect(render({ deep: ['${{ item.path }}', 7] }, scope)).toEqual({ deep: ['x.ts', 7] });
  });

  it('makes text of values inside a longer string', () => {
    expect(render('${{ inputs.name }}-${{ inputs.n }}: ${{ inputs.list }}${{ inputs.nothing }}', scope)).toBe('aet-3: [1,2]');
  });

  it('reads hashes, filters, quoted names and closing braces inside quotes', () => {
    expect(render('${{ {a: {b: inputs.n}} }}', scope)).toEqual({ a: { b: 3 } });
    expect(render(`\${{ steps."secret-scan".findings[?severity == 'high'].path }}`, scope)).toEqual(['a']);
    expect(render("${{ '}}' }}", scope)).toBe('}}');
  });

  it('does not expand what a value contains', () => {
    expect(render('${{ inputs.x }}', { inputs: { x: '${{ inputs.y }}', y: 1 }, steps: {} })).toBe('${{ inputs.y }}');
  });

  it('says which expression has no end', () => expect(() => splitTemplate('a ${{ inputs.x }')).toThrow(/no closing/));

  it('takes the expression of a bare or a wrapped condition', () => {
    expect(bareExpression(' ${{ inputs.n }} ')).toBe('inputs.n');
    expect(bareExpression('inputs.n')).toBe('inputs.n');
  });

  it('lists expressions with their places', () => {
    expect(expressionsIn({ a: ['x', '${{ inputs.n }}'] }, ['with'])).toEqual([
      { path: ['with', 'a', 1], expression: 'inputs.n' },
    ]);
  });
});

describe('evaluate', () => {
  it('gives null for what is not there, and never the prototype', () => {
    expect(evaluate('inputs.absent.deeper', scope)).toBeNull();
    expect(evaluate('inputs.constructor', scope)).toBeNull();
    expect(evaluate('inputs.__proto__', scope)).toBeNull();
  });

  it('names the expression in a type error', () =>
    expect(() => evaluate('length(inputs.n)', scope)).toThrow(/length\(inputs\.n\)/));

  it.each([
    ['a long expression', `inputs.name || '${'x'.repeat(2000)}'`, /longer than/],
    ['a padded string', "pad_left('a', `1000000000`)", /would build/],
    ['a string doubled again and again', `'${'x'.repeat(100)}'${" | join('', [@, @])".repeat(40)}`, /would build/],
    ['a value named again and again', `inputs.list${' | [@, @]'.repeat(40)}`, /more than \d+ bytes/],
    [
      'endless work',
      `[${Array.from({ length: 9 }, () => '`1`').join()}]${' | map(&[`1`,`2`,`3`,`4`,`5`,`6`,`7`,`8`,`9`], @)[]'.repeat(7)}`,
      /takes more than/,
    ],
    ['let', 'let $x = inputs in $x.n', /not part of/],
  ])('refuses %s', (_, expression, message) => expect(() => evaluate(expression, scope)).toThrow(message));
});

describe('isTruthy', () => {
  it.each([false, null, undefined, '', [], {}])('takes %j for nothing', (value) => expect(isTruthy(value)).toBe(false));
  it.each([0, true, 'no', [0], { a: null }])('takes %j for something', (value) => expect(isTruthy(value)).toBe(true));
});
