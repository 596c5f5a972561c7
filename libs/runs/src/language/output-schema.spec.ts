import { describe, expect, it } from 'vitest';
import { compileOutputSchema, outputProblem } from './output-schema.js';

const refused = (schema: object): string => {
  try {
    compileOutputSchema(schema as Record<string, unknown>);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('outputProblem', () => {
  const schema = {
    type: 'object',
    required: ['findings'],
    additionalProperties: false,
    properties: { findings: { type: 'array', items: { $ref: '#/$defs/finding' } } },
    $defs: { finding: { type: 'object', properties: { path: { type: 'string', pattern: '^src/', format: 'uri' } } } },
  };

  it('says where an output differs', () => {
    expect(outputProblem(schema, { findings: [{ path: 'src/a' }] })).toBeUndefined();
    expect(outputProblem(schema, { findings: [{ path: 'lib/a' }] })).toBe('output.findings.0.path must match pattern "^src/"');
    expect(outputProblem(schema, {})).toBe("output must have required property 'findings'");
    expect(outputProblem(schema, { findings: [], more: 1 })).toBe('output must NOT have additional properties (more)');
  });

  it('matches a hostile pattern in linear time: a backtracking engine would need longer than the universe', () => {
    const hostile = { type: 'string', pattern: '^(a+)+$' };
    expect(outputProblem(hostile, `${'a'.repeat(50_000)}b`)).toContain('must match pattern');
    expect(outputProblem(hostile, 'a'.repeat(50_000))).toBeUndefined();
  });
});

describe('compileOutputSchema', () => {
  const bomb = Object.fromEntries(
    Array.from({ length: 14 }, (_, at) => [
      `d${at}`,
      at === 13 ? { type: 'string' } : { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
    ]),
  );
  it.each<[string, object, string]>([
    ['an unknown type', { type: 'objekt' }, 'is no JSON Schema 2020-12'],
    ['an unknown keyword', { typ: 'object' }, 'is no JSON Schema 2020-12'],
    ['a back reference', { type: 'string', pattern: '(a)\\1' }, 'is no JSON Schema 2020-12'],
    ['a pattern that unfolds', { type: 'string', pattern: '((a{1,1000}){1,1000}){1,1000}' }, 'too large'],
    ['references that unfold', { $ref: '#/$defs/d0', $defs: bomb }, 'unfolds to more than'],
    [
      'a reference in a circle',
      { $ref: '#/$defs/a', $defs: { a: { properties: { b: { $ref: '#/$defs/a' } } } } },
      'leads back to itself',
    ],
    ['a reference to itself', { properties: { a: { $ref: '#' } } }, 'does not lead to a definition'],
    ['a reference to elsewhere', { $ref: 'https://example.com/schema' }, 'does not lead to a definition'],
    ['a dynamic reference', { $dynamicRef: '#a' }, 'not supported'],
    ['unique objects without a limit', { type: 'array', uniqueItems: true }, 'uniqueItems needs'],
    ['endless depth', JSON.parse(`${'{"not":'.repeat(100)}{}${'}'.repeat(100)}`) as object, 'deeper than'],
  ])('refuses %s', (_, schema, message) => expect(refused(schema)).toContain(message));

  it('compiles equal schemas once', () => {
    expect(compileOutputSchema({ type: 'object', title: 'a' })).toBe(compileOutputSchema({ type: 'object', title: 'a' }));
  });
});
