import { ValidationFailed } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { mergeInputs, parseInputs } from './run-inputs.js';

describe('inputs on the command line', () => {
  it('are JSON where they can be, else text', () => {
    expect(parseInputs(['n=3', 'b=true', 'l=["a"]', 's="3"', 'path=/tmp/x=y', 'empty='])).toEqual({
      n: 3,
      b: true,
      l: ['a'],
      s: '3',
      path: '/tmp/x=y',
      empty: '',
    });
  });

  it.each(['novalue', '=x', '1a=x', ''])('are refused when they are not key=value: %j', (pair) => {
    expect(() => parseInputs([pair])).toThrow(ValidationFailed);
  });

  it('win over those of a file', () => {
    const file = { name: 'in.json', text: '{"a":1,"b":2}' };
    expect(mergeInputs(file, ['b=3'])).toEqual({ a: 1, b: 3 });
    expect(() => mergeInputs({ name: 'in.json', text: '[1]' }, [])).toThrow(/in\.json must hold a JSON object/);
    expect(() => mergeInputs({ name: 'in.json', text: 'no json' }, [])).toThrow(ValidationFailed);
  });
});
