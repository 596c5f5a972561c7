import { describe, expect, it } from 'vitest';
import { compareContracts } from './compare-contracts.js';

type Json = Record<string, unknown>;
const schema = (parts: Json): string =>
  JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...parts }, null, 2);
const compare = (from: string | undefined, to: string | undefined, path = 'a.json') =>
  compareContracts({ path, oldPath: path, from, to });
const rules = (from: Json, to: Json): string[] => compare(schema(from), schema(to)).findings.map(({ rule }) => rule);

describe('JSON Schema', () => {
  it.each<[string, Json, Json, string[]]>([
    ['nothing', { type: 'string' }, { type: 'string' }, []],
    ['texts', { title: 'a' }, { title: 'b', description: 'c' }, []],
    ['a limit gets tighter', { maxLength: 5 }, { maxLength: 4 }, ['schema/limit-tightened']],
    ['a limit gets looser', { maxLength: 5 }, { maxLength: 6 }, []],
    ['a minimum of nothing', { type: 'array' }, { type: 'array', minItems: 0 }, []],
    ['a number becomes exclusive', { maximum: 5 }, { exclusiveMaximum: 5 }, ['schema/limit-tightened']],
    ['multipleOf gets coarser', { multipleOf: 2 }, { multipleOf: 4 }, ['schema/limit-tightened']],
    ['multipleOf gets finer', { multipleOf: 4 }, { multipleOf: 2 }, []],
    ['multipleOf cannot be compared', { multipleOf: 4 }, { multipleOf: 6 }, ['schema/limit-changed']],
    ['a pattern comes', {}, { pattern: '^a' }, ['schema/limit-tightened']],
    ['a pattern changes', { pattern: '^a' }, { pattern: '^b' }, ['schema/limit-changed']],
    ['unique items', { type: 'array' }, { type: 'array', uniqueItems: true }, ['schema/limit-tightened']],
    ['a const becomes an enum with it', { const: 1 }, { enum: [1, 2] }, []],
    [
      'other fields are refused',
      { type: 'object' },
      { type: 'object', additionalProperties: false },
      ['schema/additional-properties-closed'],
    ],
    ['a tuple', { prefixItems: [{ type: 'string' }] }, { prefixItems: [{ type: 'integer' }] }, ['schema/type-changed']],
    [
      'a map of values',
      { additionalProperties: { type: 'number' } },
      { additionalProperties: { type: 'integer' } },
      ['schema/type-narrowed'],
    ],
    ['a condition', { if: { type: 'string' } }, { if: { type: 'number' } }, ['schema/condition-changed']],
    [
      'a definition that is used',
      { $ref: '#/$defs/A', $defs: { A: { type: 'number' } } },
      { $ref: '#/$defs/A', $defs: { A: { type: 'integer' } } },
      ['schema/type-narrowed'],
    ],
    [
      'an anchor',
      { $ref: '#a', $defs: { A: { $anchor: 'a', type: 'number' } } },
      { $ref: '#a', $defs: { A: { $anchor: 'a', type: 'string' } } },
      ['schema/type-changed'],
    ],
    ['nothing is let in', { properties: { a: true } }, { properties: { a: false } }, ['schema/type-changed']],
  ])('%s', (_, from, to, expected) => {
    expect(rules(from, to)).toEqual(expected);
  });

  it('shows the line of the changed keyword holder', () => {
    const [finding] = compare(
      schema({ type: 'object', properties: { a: { type: 'number' } } }),
      schema({ type: 'object', properties: { a: { type: 'integer' } } }),
    ).findings;
    expect(finding).toMatchObject({
      pointer: '/properties/a',
      line: 5,
      severity: 'high',
      message: 'schema: a: type changed from number to integer: number is now refused',
    });
  });
});

describe('files that are no pair of contracts', () => {
  it.each<[string, string | undefined, string | undefined, string, string, string[]]>([
    ['neither side is one', '{"a":1}', '{"a":2}', 'a.json', 'other', []],
    ['broken YAML that is no contract', 'a: 1', '{{ helm }}: [', 'a.yaml', 'other', []],
    ['a new contract', undefined, schema({}), 'a.json', 'added', []],
    ['a contract is removed', schema({}), undefined, 'a.json', 'removed', ['contract/removed']],
    ['a contract becomes something else', schema({}), '{"a":1}', 'a.json', 'removed', ['contract/removed']],
    ['it is malformed', schema({}), '{"$schema": "https://json-schema.org/x",', 'a.json', 'malformed', ['contract/malformed']],
    ['it was malformed', '{"$schema": ', schema({}), 'a.json', 'added', []],
    ['JSON with a comment', schema({}), '{"openapi": "3.0.0" /* no */}', 'a.json', 'malformed', ['contract/malformed']],
    ['by its name', '{"type":"number"}', '{"type":"integer"}', 'a.schema.json', 'compared', ['schema/type-narrowed']],
    ['an empty file', schema({}), '', 'a.json', 'removed', ['contract/removed']],
  ])('%s', (_, from, to, path, outcome, expected) => {
    const result = compare(from, to, path);
    expect(result.outcome).toBe(outcome);
    expect(result.findings.map(({ rule }) => rule)).toEqual(expected);
  });

  it('survives an alias bomb, a proto key and odd shapes', () => {
    const bomb = `openapi: 3.0.0\na: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f'].map((name, i) => `${name}: &${name} [${`*${'abcde'[i]},`.repeat(9).slice(0, -1)}]`).join('\n')}\n`;
    expect(compare(schema({}), bomb, 'a.yaml').findings).toMatchObject([{ rule: 'contract/malformed' }]);
    const odd =
      'openapi: 3.0.0\npaths:\n  /a: 3\n  /b: { get: [], post: { responses: 4, parameters: { a: 1 }, requestBody: { content: [] } } }\n  __proto__: { get: {} }\ncomponents: []\n';
    expect(compare(odd, odd, 'a.yaml').outcome).toBe('compared');
    expect(compare(odd, 'openapi: 3.0.0\n', 'a.yaml').findings.length).toBeGreaterThan(0);
  });
});
