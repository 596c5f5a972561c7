import type { Finding } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { compareContracts } from './compare-contracts.js';

type Json = Record<string, unknown>;

const ok = { '200': { description: 'ok' } };
const spec = (paths: Json, more: Json = {}): Json => ({ openapi: '3.0.3', info: { title: 't', version: '1' }, paths, ...more });
const compare = (from: Json, to: Json): Finding[] =>
  compareContracts({ path: 'api.yaml', oldPath: 'api.yaml', from: stringify(from), to: stringify(to) }).findings;
const rules = (from: Json, to: Json): string[] => compare(from, to).map(({ rule }) => rule);

const operation = (parts: Json, more: Json = {}): Json => spec({ '/x': { post: { responses: ok, ...parts } } }, more);
const query = (parameter: Json): Json =>
  operation({ parameters: [{ name: 'q', in: 'query', schema: { type: 'string' }, ...parameter }] });
const request = (schema: Json): Json => operation({ requestBody: { content: { 'application/json': { schema } } } });
const response = (schema: Json): Json =>
  operation({ responses: { '200': { description: 'ok', content: { 'application/json': { schema } } } } });
const object = (properties: Json, required: string[] = [], more: Json = {}): Json => ({
  type: 'object',
  properties,
  required,
  ...more,
});
const text = { type: 'string' };

describe('OpenAPI: paths and operations', () => {
  const get = { get: { responses: ok } };
  it.each<[string, Json, Json, string[]]>([
    ['nothing', spec({ '/a': get }), spec({ '/a': get }), []],
    ['an added path', spec({ '/a': get }), spec({ '/a': get, '/b': get }), []],
    ['a removed path', spec({ '/a': get, '/b': { post: { responses: ok } } }), spec({ '/a': get }), ['api/path-removed']],
    ['a renamed path', spec({ '/a': get }), spec({ '/b': get }), ['api/path-renamed']],
    [
      'a renamed path with other texts',
      spec({ '/a': { get: { responses: ok, summary: 'A' } } }),
      spec({ '/b': get }),
      ['api/path-renamed'],
    ],
    ['another path in its place', spec({ '/a': get }), spec({ '/b': { post: { responses: ok } } }), ['api/path-removed']],
    ['a removed operation', spec({ '/a': { ...get, put: { responses: ok } } }), spec({ '/a': get }), ['api/operation-removed']],
    ['a renamed placeholder', spec({ '/a/{id}': get }), spec({ '/a/{key}': get }), []],
    ['another operationId', operation({ operationId: 'a' }), operation({ operationId: 'b' }), ['api/operation-id-changed']],
    [
      'a base address',
      spec({ '/a': get }, { servers: [{ url: 'https://a.example/v1' }] }),
      spec({ '/a': get }, { servers: [{ url: 'https://a.example/v2' }] }),
      ['api/server-removed'],
    ],
  ])('%s', (_, from, to, expected) => {
    expect(rules(from, to)).toEqual(expected);
  });

  it('a deprecated operation may go with less noise', () => {
    const from = spec({ '/a': { get: { responses: ok, deprecated: true } }, '/b': get });
    expect(compare(from, spec({ '/b': { get: { responses: ok, tags: ['b'] } } }))).toMatchObject([{ severity: 'medium' }]);
  });
});

describe('OpenAPI: parameters and bodies', () => {
  const header = (name: string): Json => operation({ parameters: [{ name, in: 'header', schema: text }] });
  it.each<[string, Json, Json, string[]]>([
    ['an optional parameter is added', operation({}), query({}), []],
    ['a required parameter is added', operation({}), query({ required: true }), ['api/required-parameter-added']],
    ['a parameter is removed', query({}), operation({}), ['api/parameter-removed']],
    ['a parameter moves', query({}), query({ in: 'header' }), ['api/parameter-moved']],
    ['a parameter becomes required', query({}), query({ required: true }), ['api/parameter-became-required']],
    ['a required one becomes optional', query({ required: true }), query({}), []],
    ['a header in other letters', header('X-A'), header('x-a'), []],
    ['a parameter gets an enum', query({}), query({ schema: { type: 'string', enum: ['a'] } }), ['schema/enum-narrowed']],
    ['a parameter gets shorter', query({}), query({ schema: { type: 'string', maxLength: 5 } }), ['schema/limit-tightened']],
    ['a list is written otherwise', query({ explode: true }), query({ explode: false }), ['api/parameter-serialization-changed']],
    ['defaults said aloud', query({}), query({ style: 'form', explode: true }), []],
    ['a body is added, optional', operation({}), request(text), []],
    [
      'a body is added, required',
      operation({}),
      operation({ requestBody: { required: true, content: {} } }),
      ['api/request-body-required'],
    ],
    ['a body is removed', request(text), operation({}), ['api/request-body-removed']],
    [
      'a media type is removed',
      operation({ requestBody: { content: { 'application/json': {}, 'application/xml': {} } } }),
      request({}),
      ['api/request-media-type-removed'],
    ],
    [
      'a media type with a charset',
      operation({ requestBody: { content: { 'application/json; charset=utf-8': {} } } }),
      request({}),
      [],
    ],
  ])('%s', (_, from, to, expected) => {
    expect(rules(from, to)).toEqual(expected);
  });
});

describe('OpenAPI: responses', () => {
  const answers = (responses: Json): Json => operation({ responses });
  const described = { description: 'x' };
  it.each<[string, Json, Json, string[]]>([
    ['a success status changes', answers({ '200': described }), answers({ '201': described }), ['api/response-status-changed']],
    [
      'a success status goes',
      answers({ '200': described, '202': described }),
      answers({ '200': described }),
      ['api/response-status-removed'],
    ],
    [
      'a success status comes',
      answers({ '200': described }),
      answers({ '200': described, '202': described }),
      ['api/response-status-added'],
    ],
    ['an error status comes', answers({ '200': described }), answers({ '200': described, '404': described }), []],
    [
      'a class stands for its statuses',
      answers({ '404': described, '200': described }),
      answers({ '4XX': described, '200': described }),
      [],
    ],
    [
      'a header goes',
      answers({ '200': { ...described, headers: { 'X-A': { schema: text } } } }),
      answers({ '200': described }),
      ['api/response-header-removed'],
    ],
    [
      'a media type goes',
      response(text),
      answers({ '200': { ...described, content: { 'text/csv': {} } } }),
      ['api/response-media-type-removed'],
    ],
    ['a field goes', response(object({ a: text, b: text })), response(object({ a: text })), ['schema/property-removed']],
    ['a field comes', response(object({ a: text })), response(object({ a: text, b: text }, ['b'])), []],
    [
      'a promised field becomes optional',
      response(object({ a: text }, ['a'])),
      response(object({ a: text })),
      ['schema/property-became-optional'],
    ],
    ['an enum gets longer', response({ enum: ['a'] }), response({ enum: ['a', 'b'] }), ['schema/enum-widened']],
    ['an enum gets shorter', response({ enum: ['a', 'b'] }), response({ enum: ['a'] }), []],
    ['a type gets wider', response({ type: 'integer' }), response({ type: 'number' }), ['schema/type-widened']],
    ['a type gets narrower', response({ type: 'number' }), response({ type: 'integer' }), []],
    ['null comes', response(text), response({ ...text, nullable: true }), ['schema/type-widened']],
    [
      'a limit gets looser',
      response({ type: 'string', maxLength: 5 }),
      response({ type: 'string', maxLength: 9 }),
      ['schema/limit-loosened'],
    ],
    ['a field that is only written', response(object({ a: { ...text, writeOnly: true } })), response(object({})), []],
  ])('%s', (_, from, to, expected) => {
    expect(rules(from, to)).toEqual(expected);
  });
});

describe('OpenAPI: requests', () => {
  it.each<[string, Json, Json, string[]]>([
    ['a field goes', request(object({ a: text })), request(object({})), ['schema/property-removed']],
    ['a field comes, optional', request(object({})), request(object({ a: text })), []],
    ['a field comes, required', request(object({})), request(object({ a: text }, ['a'])), ['schema/required-property-added']],
    [
      'a field becomes required',
      request(object({ a: text })),
      request(object({ a: text }, ['a'])),
      ['schema/property-became-required'],
    ],
    [
      'a required field that only the server writes',
      request(object({})),
      request(object({ a: { ...text, readOnly: true } }, ['a'])),
      [],
    ],
    ['a type gets wider', request({ type: 'integer' }), request({ type: 'number' }), []],
    ['a type gets narrower', request({ type: 'number' }), request({ type: 'integer' }), ['schema/type-narrowed']],
    ['a type changes', request(text), request({ type: 'boolean' }), ['schema/type-changed']],
    ['an enum gets longer', request({ enum: ['a'] }), request({ enum: ['a', 'b'] }), []],
    ['an enum gets shorter', request({ enum: ['a', 'b'] }), request({ enum: ['a'] }), ['schema/enum-narrowed']],
    [
      'a variant goes',
      request({ oneOf: [text, { type: 'integer' }, { type: 'boolean' }] }),
      request({ oneOf: [text, { type: 'integer' }] }),
      ['schema/variant-removed'],
    ],
    [
      'a variant comes',
      request({ oneOf: [text, { type: 'integer' }] }),
      request({ oneOf: [text, { type: 'integer' }, { type: 'boolean' }] }),
      [],
    ],
    [
      'deep inside a list',
      request({ type: 'array', items: object({ a: text }) }),
      request({ type: 'array', items: object({ a: { type: 'integer' } }) }),
      ['schema/type-changed'],
    ],
  ])('%s', (_, from, to, expected) => {
    expect(rules(from, to)).toEqual(expected);
  });
});

describe('OpenAPI: security', () => {
  const schemes = {
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Key' }, oauth: { type: 'oauth2' } } },
  };
  const secured = (security: Json[] | undefined): Json => operation(security ? { security } : {}, schemes);
  it.each<[string, Json, Json, string[]]>([
    ['is added', secured(undefined), secured([{ key: [] }]), ['api/security-added']],
    ['is dropped', secured([{ key: [] }]), secured([]), []],
    ['gets an alternative', secured([{ key: [] }]), secured([{ key: [] }, { oauth: [] }]), []],
    ['loses an alternative', secured([{ key: [] }, { oauth: [] }]), secured([{ oauth: [] }]), ['api/security-changed']],
    ['asks for more scopes', secured([{ oauth: ['r'] }]), secured([{ oauth: ['r', 'w'] }]), ['api/security-scope-added']],
    ['becomes optional', secured([{ key: [] }]), secured([{}, { key: [] }]), []],
    ['stops being optional', secured([{}, { key: [] }]), secured([{ key: [] }]), ['api/security-added']],
    [
      'of the whole document is added',
      operation({}, schemes),
      operation({}, { ...schemes, security: [{ key: [] }] }),
      ['api/security-added'],
    ],
    [
      'scheme changes its place',
      secured([{ key: [] }]),
      operation(
        { security: [{ key: [] }] },
        {
          components: {
            securitySchemes: { ...schemes.components.securitySchemes, key: { type: 'apiKey', in: 'query', name: 'key' } },
          },
        },
      ),
      ['api/security-scheme-changed'],
    ],
  ])('%s', (_, from, to, expected) => {
    expect(rules(from, to)).toEqual(expected);
  });
});

describe('OpenAPI: references', () => {
  const shared = (user: Json, more: Json = {}): Json =>
    spec(
      {
        '/a': {
          get: {
            responses: {
              '200': { description: 'x', content: { 'application/json': { schema: { $ref: '#/components/schemas/User' } } } },
            },
          },
        },
        '/b': { get: { responses: { '200': { $ref: '#/components/responses/User' } } } },
      },
      {
        components: {
          schemas: { User: user, ...more },
          responses: {
            User: { description: 'x', content: { 'application/json': { schema: { $ref: '#/components/schemas/User' } } } },
          },
        },
      },
    );

  it('reports a shared schema once, at its own place', () => {
    const [finding, ...rest] = compare(shared(object({ a: text, b: text })), shared(object({ a: text })));
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ rule: 'schema/property-removed', pointer: '/components/schemas/User/properties/b' });
  });

  it('ends on recursive schemas and still sees a change inside', () => {
    const tree = (leaf: Json): Json =>
      object({ leaf, children: { type: 'array', items: { $ref: '#/components/schemas/User' } } });
    expect(rules(shared(tree(text)), shared(tree(text)))).toEqual([]);
    expect(rules(shared(tree(text)), shared(tree({ type: 'integer' })))).toEqual(['schema/type-changed']);
    const loop = { allOf: [{ $ref: '#/components/schemas/User' }] };
    expect(rules(shared(loop), shared(loop))).toEqual([]);
    expect(rules(shared({ $ref: '#/components/schemas/User' }), shared({ $ref: '#/components/schemas/User' }))).toEqual([]);
  });

  it('an inlined schema is the same schema', () => {
    const inlined = shared(object({ a: { $ref: '#/components/schemas/Name' } }), { Name: text });
    expect(rules(inlined, shared(object({ a: text }), { Name: text }))).toEqual([]);
  });

  it('follows allOf on both sides', () => {
    const from = response({ allOf: [object({ a: text }), object({ b: text })] });
    expect(rules(from, response(object({ a: text, b: text })))).toEqual([]);
    expect(rules(from, response({ allOf: [object({ a: text })] }))).toEqual(['schema/property-removed']);
  });

  it('guesses about schemas that no operation uses, and not about parts with a known direction', () => {
    const more = (user: Json): Json => shared(user, { Event: object({ user: { $ref: '#/components/schemas/User' } }) });
    expect(rules(more(object({ a: { ...text, nullable: true } })), more(object({ a: text })))).toEqual([]);
    const unused = (schema: Json): Json => spec({}, { components: { schemas: { A: schema } } });
    expect(compare(unused({ type: 'number' }), unused({ type: 'integer' }))).toMatchObject([
      { rule: 'schema/type-narrowed', certainty: 'likely' },
    ]);
  });

  it('tells schemas that are gone or renamed', () => {
    const named = (schemas: Json): Json => spec({}, { components: { schemas } });
    expect(rules(named({ A: object({ a: text }) }), named({ B: object({ a: text }) }))).toEqual(['api/schema-renamed']);
    expect(rules(named({ A: object({ a: text }), B: text }), named({ B: text }))).toEqual(['api/schema-removed']);
    expect(rules(named({ A: object({ a: text }) }), named({ A: object({ a: text }, ['a']) }))).toEqual([
      'schema/property-became-required',
    ]);
  });

  it('notes references that are not followed, and reports broken ones', () => {
    const to = response({ $ref: './user.yaml#/User' });
    const result = compareContracts({ path: 'a.yaml', oldPath: 'a.yaml', from: stringify(to), to: stringify(to) });
    expect(result.notes[0]).toContain('./user.yaml#/User');
    expect(rules(response(text), response({ $ref: '#/components/schemas/None' }))).toContain('contract/broken-reference');
  });
});

describe('OpenAPI: generations', () => {
  const swagger = (parts: Json, more: Json = {}): Json => ({
    swagger: '2.0',
    info: {},
    paths: { '/x': { post: { responses: { '200': { description: 'ok' } }, ...parts } } },
    ...more,
  });
  const body = (schema: Json): Json => swagger({ parameters: [{ in: 'body', name: 'body', schema }] });
  it.each<[string, Json, Json, string[]]>([
    [
      '2.0: a field of the body becomes required',
      body(object({ a: text })),
      body(object({ a: text }, ['a'])),
      ['schema/property-became-required'],
    ],
    [
      '2.0: a parameter gets narrower',
      swagger({ parameters: [{ in: 'query', name: 'q', type: 'number' }] }),
      swagger({ parameters: [{ in: 'query', name: 'q', type: 'integer' }] }),
      ['schema/type-narrowed'],
    ],
    [
      '2.0: a definition that a response uses',
      swagger(
        { responses: { '200': { description: 'x', schema: { $ref: '#/definitions/U' } } } },
        { definitions: { U: object({ a: text }) } },
      ),
      swagger(
        { responses: { '200': { description: 'x', schema: { $ref: '#/definitions/U' } } } },
        { definitions: { U: object({}) } },
      ),
      ['schema/property-removed'],
    ],
    ['2.0: a base path', swagger({}, { basePath: '/v1' }), swagger({}, { basePath: '/v2' }), ['api/server-removed']],
    ['2.0 to 3.0 with the same body', body(object({ a: text })), request(object({ a: text })), []],
    [
      '3.0 nullable to 3.1 null',
      request({ ...text, nullable: true }),
      { ...request({ type: ['string', 'null'] }), openapi: '3.1.0' },
      [],
    ],
    [
      '3.1 anyOf with null',
      { ...response({ type: ['string', 'null'] }), openapi: '3.1.0' },
      { ...response({ anyOf: [text, { type: 'null' }] }), openapi: '3.1.0' },
      [],
    ],
    [
      '3.0 exclusive flag to 3.1 number',
      request({ type: 'integer', minimum: 1, exclusiveMinimum: true }),
      { ...request({ type: 'integer', exclusiveMinimum: 1 }), openapi: '3.1.0' },
      [],
    ],
    [
      '3.1: a webhook turns directions round',
      {
        ...spec({}),
        openapi: '3.1.0',
        webhooks: {
          w: { post: { responses: ok, requestBody: { content: { 'application/json': { schema: object({ a: text }) } } } } },
        },
      },
      {
        ...spec({}),
        openapi: '3.1.0',
        webhooks: { w: { post: { responses: ok, requestBody: { content: { 'application/json': { schema: object({}) } } } } } },
      },
      ['schema/property-removed'],
    ],
  ])('%s', (_, from, to, expected) => {
    expect(rules(from, to)).toEqual(expected);
  });
});
