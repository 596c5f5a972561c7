import assert from 'node:assert/strict';
import { Expose, Transform, Type, plainToInstance } from 'class-transformer';
import {
  Allow,
  ArrayContains,
  ArrayMaxSize,
  ArrayMinSize,
  ArrayNotEmpty,
  ArrayUnique,
  Equals,
  IsArray,
  IsBoolean,
  IsDefined,
  IsEmail,
  IsEmpty,
  IsEnum,
  IsISO8601,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNotIn,
  IsNumber,
  IsObject,
  IsOptional,
  IsPositive,
  IsString,
  IsUUID,
  IsUrl,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  NotEquals,
  ValidateIf,
  ValidateNested,
  registerDecorator,
  validateSync,
} from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RPC_METHODS } from '../rpc/every-method.js';
import { type DtoClass } from '../rpc/method.js';
import { quickInstance } from './compiled-class.js';
import { type JsonSchema, jsonSchemaOf } from './json-schema.js';

// Many random cases, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

/** A rule of its own that bears a name of class-validator's. */
const Impostor =
  (name: string, allows: (value: unknown, object: object) => boolean) =>
  (target: object, propertyName: string): void =>
    registerDecorator({
      name,
      target: target.constructor,
      propertyName,
      constraints: [5],
      validator: { validate: (value, args) => allows(value, args?.object ?? {}) },
    });

class Leaf {
  @IsInt()
  @Min(-3)
  @Max(3)
  amount!: number;

  @IsOptional()
  @Length(2, 4)
  word?: string;
}

class Base {
  @IsString()
  @MinLength(2)
  @MaxLength(5)
  text!: string;

  @IsOptional()
  @IsString({ groups: ['some'] })
  grouped?: string;
}

class Torture extends Base {
  @MaxLength(3)
  declare text: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => Leaf)
  leaf?: Leaf;

  @IsOptional()
  @ValidateNested({ each: true })
  @ArrayMaxSize(3)
  @Type(() => Leaf)
  leaves?: Leaf[];

  @IsOptional()
  @ValidateNested()
  @Type(() => Torture)
  tree?: Torture;

  @IsOptional()
  @Type(() => Leaf)
  unchecked?: Leaf;

  @IsOptional()
  @ValidateNested()
  untyped?: object;

  @ValidateIf((object: Torture) => object.text === 'when')
  @IsBoolean()
  when?: boolean;

  @IsOptional()
  @IsString({ each: true })
  @MaxLength(2, { each: true })
  @ArrayMinSize(1)
  @ArrayUnique()
  words?: string[];

  @IsOptional()
  @IsNumber({ maxDecimalPlaces: 1 }, { each: true })
  numbers?: number[];

  @IsOptional()
  @IsEnum({ a: 'x', b: 'y' })
  letter?: string;

  @IsOptional()
  @Matches(/^[ab]+$/i)
  ab?: string;

  @IsOptional()
  @IsNotEmpty()
  some?: unknown;

  @IsOptional()
  @IsObject()
  map?: object;

  @IsOptional()
  @IsIn([1, 'one', null, true])
  one?: unknown;

  @IsOptional()
  @IsPositive()
  @Impostor('isLower', (value, object) => Number(value) < ((object as Torture).leaf?.amount ?? 9))
  lower?: number;

  @IsOptional()
  @Impostor('maxLength', (value) => value === 'a long text that is right')
  impostor?: string;

  @IsOptional()
  @IsString({ validateIf: (object: Torture) => object.text !== 'ab' })
  unless?: string;

  @Allow()
  anything?: unknown;
}

class Small {
  @IsDefined() defined!: unknown;
  @IsOptional() @Equals(3) three?: number;
  @IsOptional() @NotEquals(3) other?: number;
  @IsOptional() @IsNotIn(['a']) notA?: string;
  @IsOptional() @IsUUID() id?: string;
  @IsOptional() @IsUrl() url?: string;
  @IsOptional() @IsEmail() mail?: string;
  @IsOptional() @IsISO8601() at?: string;
  @IsOptional() @IsArray() @ArrayNotEmpty() @ArrayContains([1]) list?: unknown[];
  @IsEmpty() nothing?: unknown;
}

/** What class-transformer or class-validator must do themselves. */
class Exotic {
  @Transform(({ value }) => Number(value))
  @IsNumber()
  transformed!: number;
}
class Renamed {
  @Expose({ name: 'text' })
  @IsString()
  inner!: string;
}
class WithDefault {
  @IsInt()
  limit = 5;
  @IsOptional()
  @ValidateNested()
  @Type(() => Leaf)
  leaf?: Leaf;
}
class HasDate {
  @IsOptional()
  @Type(() => Date)
  @ValidateNested()
  at?: Date;
  @IsString()
  text!: string;
}

const OURS = [...new Set(RPC_METHODS.map(({ request }) => request))];
const ALL = [...OURS, Leaf, Base, Torture, Small, Exotic, Renamed, WithDefault, HasDate];

/** A field of JSON text; a name may come twice, and may be one that objects have anyway. */
type Field = [name: string, text: string];
const NASTY = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'prototype', '', 'length'];

const json = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom('null', '0', '-0', '1', '1e400', '1.5', '""', '"a"', 'true', '[]', '{}', '[null]', '[[]]', '{"amount":1}'),
  fc.constantFrom(...NASTY).map((name) => `{${JSON.stringify(name)}:{"x":1}}`),
  fc
    .string({ unit: fc.constantFrom('a', 'é', '\u{1F600}', '\uFE0F', '\uD800', '\uDC00'), maxLength: 8 })
    .map((text) => JSON.stringify(text)),
);

/** Mostly what the schema allows: random JSON would be refused at its first field. */
function likely(schema: JsonSchema, root: JsonSchema, depth: number): fc.Arbitrary<string> {
  if (depth > 3) return json;
  const ref = schema['$ref'] as string | undefined;
  const defs = (root['$defs'] ?? {}) as Record<string, JsonSchema>;
  if (ref !== undefined) return likely(defs[ref.slice('#/$defs/'.length)] ?? {}, root, depth + 1);
  return fc.oneof({ arbitrary: allowed(schema, root, depth), weight: 12 }, { arbitrary: json, weight: 1 });
}

const FORMATS: Record<string, string> = {
  uuid: '0199c9a0-0000-7000-8000-000000000000',
  uri: 'https://example.com/a',
  email: 'a@example.com',
  'date-time': '2026-11-21T12:00:00Z',
};

function allowed(schema: JsonSchema, root: JsonSchema, depth: number): fc.Arbitrary<string> {
  const number = (keyword: string, otherwise: number): number => (schema[keyword] as number | undefined) ?? otherwise;
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...schema['enum'].map((value) => JSON.stringify(value)));
  switch (schema['type']) {
    case 'string': {
      const pattern = schema['pattern'] as string | undefined;
      const format = FORMATS[schema['format'] as string];
      if (format !== undefined) return fc.constant(JSON.stringify(format));
      if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern)).map((text) => JSON.stringify(text));
      const minLength = number('minLength', 0);
      const length = { minLength, maxLength: Math.max(Math.min(number('maxLength', 9), 9), minLength) };
      return fc
        .oneof(fc.string(length), fc.constantFrom('when', 'ab', 'a long text that is right', 'x'))
        .map((text) => JSON.stringify(text));
    }
    case 'integer':
      return fc.integer({ min: number('minimum', -9), max: number('maximum', 9) }).map(String);
    case 'number':
      return fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(0.5, 1.25)).map(String);
    case 'boolean':
      return fc.boolean().map(String);
    case 'array':
      return fc
        .array(likely((schema['items'] ?? {}) as JsonSchema, root, depth + 1), { maxLength: 3 })
        .map((all) => `[${all.join(',')}]`);
    case 'object':
      return 'properties' in schema ? textOf(fieldsOf(schema, root, depth)) : fc.constantFrom('{}', '{"a":{"b":[1]}}');
    default:
      return json;
  }
}

const fieldsOf = (schema: JsonSchema, root: JsonSchema, depth: number): fc.Arbitrary<Field[]> => {
  const required = new Set(schema['required'] as string[]);
  const properties = Object.entries(schema['properties'] as Record<string, JsonSchema>);
  return fc
    .tuple(
      ...properties.map(([name, property]) =>
        fc
          .option(likely(property, root, depth), { freq: required.has(name) ? 30 : 2 })
          .map((text): Field[] => (text === null ? [] : [[name, text]])),
      ),
      fc.oneof(
        { arbitrary: fc.constant<Field[]>([]), weight: 12 },
        { arbitrary: fc.tuple(fc.constantFrom(...NASTY, 'extra'), json).map((field): Field[] => [field]), weight: 1 },
      ),
    )
    .map((fields) => fields.flat());
};

const textOf = (fields: fc.Arbitrary<Field[]>): fc.Arbitrary<string> =>
  fields.map((all) => `{${all.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`);

const requestOf = (dto: DtoClass<object>): fc.Arbitrary<string> => {
  const schema = jsonSchemaOf(dto);
  return fc.oneof({ arbitrary: textOf(fieldsOf(schema, schema, 0)), weight: 20 }, { arbitrary: json, weight: 1 });
};

/** As the slow way does it; undefined when it refuses. */
function slowInstance(value: unknown, dto: DtoClass<object>): object | undefined {
  try {
    const instance: unknown = plainToInstance(dto, value);
    if (typeof instance !== 'object' || instance === null || Array.isArray(instance)) return undefined;
    const options = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false };
    return validateSync(instance, options).length === 0 ? instance : undefined;
  } catch {
    return undefined;
  }
}

describe.each(ALL.map((dto) => ({ name: dto.name, dto })))('$name, read quickly', ({ dto }) => {
  it('is never accepted when class-validator refuses it, and is the instance that class-transformer makes', () => {
    fc.assert(
      fc.property(requestOf(dto), (text) => {
        const quick = quickInstance(JSON.parse(text), dto);
        if (quick === undefined) return;
        const slow = slowInstance(JSON.parse(text), dto);
        assert.notEqual(slow, undefined, `class-validator refuses ${text}`);
        assert.deepStrictEqual(quick, slow);
      }),
      { numRuns: 400 },
    );
  });
});

/** Names that make the quick way leave the decision to the slow one. */
const isNasty = (text: string): boolean => NASTY.some((name) => text.includes(JSON.stringify(name)));

describe.each([...OURS, Leaf, Base, Small].map((dto) => ({ name: dto.name, dto })))('a valid $name', ({ dto }) => {
  it('is always read quickly', () => {
    let accepted = 0;
    fc.assert(
      fc.property(requestOf(dto), (text) => {
        if (slowInstance(JSON.parse(text), dto) === undefined || isNasty(text)) return;
        accepted += 1;
        assert.notEqual(quickInstance(JSON.parse(text), dto), undefined, text);
      }),
      { numRuns: 200 },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});

describe('what is read quickly', () => {
  const accepted = { text: 'abc', leaf: { amount: 1, word: 'ab' }, leaves: [{ amount: 2 }], tree: { text: 'ab' }, lower: 0.5 };

  it('is made of the nested classes', () => {
    const read = quickInstance(accepted, Torture);
    expect(read).toBeInstanceOf(Torture);
    expect(read?.leaf).toBeInstanceOf(Leaf);
    expect(read?.leaves?.[0]).toBeInstanceOf(Leaf);
    expect(read?.tree).toBeInstanceOf(Torture);
  });

  it('is nothing at which a rule throws', () => {
    const value = { defined: 0, mail: '\uD800' };
    expect(() => validateSync(plainToInstance(Small, value))).toThrow(URIError);
    expect(quickInstance(value, Small)).toBeUndefined();
  });

  it('keeps the defaults of the class', () => {
    expect(quickInstance({}, WithDefault)).toEqual(new WithDefault());
  });

  it.each([
    ['a custom rule that looks at another field', { ...accepted, lower: 3 }],
    ['an unknown field', { ...accepted, more: 1 }],
    ['an unknown field inside', { ...accepted, leaf: { amount: 1, more: 1 } }],
    ['a rule that only has the name of a known one', { ...accepted, impostor: 'abc' }],
    ['a rule of the base', { ...accepted, grouped: 5 }],
    ['a field of a condition that holds', { ...accepted, text: 'when' }],
  ])('is not what %s refuses', (_what, value) => {
    expect(slowInstance(value, Torture)).toBeUndefined();
    expect(quickInstance(value, Torture)).toBeUndefined();
  });

  it.each<DtoClass<object>>([Exotic, Renamed])('is nothing that class-transformer must change', (dto) => {
    expect(quickInstance({ transformed: 5, text: 'a' }, dto)).toBeUndefined();
  });

  it.each([
    ['lists', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['the class itself', `${'{"text":"ab","tree":'.repeat(50_000)}null${'}'.repeat(50_000)}`],
  ])('is nothing that is nested without end, in %s', (_what, text) => {
    expect(quickInstance(JSON.parse(`{"text":"ab","map":{"a":${text}}}`), Torture)).toBeUndefined();
    expect(quickInstance(JSON.parse(`{"text":"ab","tree":${text}}`), Torture)).toBeUndefined();
  });
});
