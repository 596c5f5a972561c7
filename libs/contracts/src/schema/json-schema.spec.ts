import { Ajv2020 } from 'ajv/dist/2020.js';
import { Type, plainToInstance } from 'class-transformer';
import { IsArray, IsNotEmpty, IsOptional, IsString, Matches, ValidateIf, ValidateNested, validateSync } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RPC_METHODS } from '../rpc/every-method.js';
import { Ingest, ProjectScoped, Search } from '../rpc/km.js';
import { Empty } from '../rpc/method.js';
import { AttemptQuery, RUN_ID, SubmitRun } from '../rpc/orchestrator.js';
import { jsonSchemaOf, nestedSchemasOf } from './json-schema.js';

// Many random cases, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

class Node {
  @IsString()
  @Matches(/^a+$/i)
  name!: string;

  @ValidateIf((node: Node) => node.name === 'a')
  @IsNotEmpty()
  value?: unknown;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Node)
  children?: Node[];
}

describe('the JSON Schema of a class', () => {
  it('says its fields, which of them must be there, and that there are no others', () => {
    expect(jsonSchemaOf(Search)).toEqual({
      type: 'object',
      properties: {
        project: { type: 'string', minLength: 1, maxLength: 128 },
        query: { type: 'string', minLength: 1, maxLength: 2000 },
        limit: { type: 'integer', minimum: 1, maximum: 50 },
        pathPrefix: { type: 'string', maxLength: 1024 },
        kind: { enum: ['markdown', 'code', 'text'] },
      },
      required: expect.toSatisfy((names: string[]) => names.toSorted().join() === 'project,query'),
      additionalProperties: false,
    });
    expect(jsonSchemaOf(Empty)).toEqual({ type: 'object', properties: {}, required: [], additionalProperties: false });
  });

  it("has the base's fields", () => {
    expect(jsonSchemaOf(AttemptQuery).properties['runId']).toEqual({ type: 'string', pattern: RUN_ID.source });
    expect(jsonSchemaOf(Ingest).properties['project']).toEqual(jsonSchemaOf(ProjectScoped).properties['project']);
  });

  it('says of a text that it is not empty by its length', () => {
    expect(jsonSchemaOf(SubmitRun).properties['idempotencyKey']).toEqual({ type: 'string', minLength: 1, maxLength: 200 });
  });

  it('refers to nested classes, and brings them along', () => {
    const { properties, $defs } = jsonSchemaOf(Ingest);
    expect(properties['documents']).toEqual({ type: 'array', maxItems: 500, items: { $ref: '#/$defs/IngestDocument' } });
    expect(properties['removed']).toEqual({ type: 'array', maxItems: 5000, items: { type: 'string' } });
    expect($defs).toMatchObject({ IngestDocument: { required: expect.arrayContaining(['path', 'content']) } });
    expect(jsonSchemaOf(Node)).toMatchObject({ $defs: { Node: { type: 'object' } } });
  });

  it('leaves nested classes to a document that has a place for them', () => {
    const refPrefix = '#/components/schemas/';
    expect(jsonSchemaOf(Ingest, { refPrefix })).not.toHaveProperty('$defs');
    expect(JSON.stringify(jsonSchemaOf(Ingest, { refPrefix }))).toContain(`${refPrefix}IngestDocument`);
    expect(Object.keys(nestedSchemasOf(Ingest, refPrefix))).toEqual(['IngestDocument']);
  });

  it('names what it cannot say', () => {
    const { properties, required } = jsonSchemaOf(Node);
    expect(properties['name']).toEqual({ type: 'string', $comment: 'also checked: matches' });
    expect(properties['value']).toMatchObject({ $comment: 'also checked: ValidateIf' });
    expect(required).toEqual(['name']);
  });
});

/** class-validator accepts more than the schema says: null for what is optional, and an empty list where a list has objects. */
const isOddity = (value: unknown): boolean =>
  value === null || (Array.isArray(value) && value.some((item) => Array.isArray(item) && item.length === 0));

const OURS = [...new Set(RPC_METHODS.map(({ request }) => request))];

describe.each(OURS.map((dto) => ({ name: dto.name, dto })))('the JSON Schema of $name', ({ dto }) => {
  const schema = jsonSchemaOf(dto);
  const isAllowed = new Ajv2020({ strict: true }).compile(schema);
  const anyValue = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      '',
      'a',
      'markdown',
      'high',
      'x'.repeat(3_000),
      '\u{1F600}'.repeat(65),
      '0199c9a0-0000-7000-8000-000000000000',
    ),
    fc.constantFrom(0, 1, 1.5, -1, 51, 1e9),
    fc.constantFrom([{ path: 'a', content: 'b' }], [{ path: '' }], ['a'], [1], {}),
  );

  it('is valid, and allows only what class-validator accepts', () => {
    const fields = Object.fromEntries(Object.keys(schema.properties).map((name) => [name, anyValue]));
    fc.assert(
      fc.property(fc.record(fields, { requiredKeys: [] }), (value) => {
        const errors = validateSync(plainToInstance(dto, value), {
          whitelist: true,
          forbidNonWhitelisted: true,
          forbidUnknownValues: false,
        });
        const mayDiffer = !isAllowed(value) && Object.values(value).some(isOddity);
        expect(mayDiffer || isAllowed(value) === (errors.length === 0)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
