import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { conforms } from './conforms.js';
import { isRecord } from './layer.js';
import { defaultsOf, type SchemaNode } from './schema.js';

const schema = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../config/schema/aet.schema.json', import.meta.url)), 'utf8'),
) as SchemaNode;
// As the real validator does: infinity is no number of a configuration.
const validate = new Ajv2020({ strict: false, strictNumbers: true }).compile(schema);

/** Every place of the configuration with its default, as a path. */
const paths = (value: unknown, path: string[] = []): string[][] => [
  path,
  ...(isRecord(value) ? Object.keys(value).flatMap((key) => paths(value[key], [...path, key])) : []),
];
function changed(path: string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  return { [key]: changed(rest, value) };
}
const anyValue = fc.oneof(
  fc.integer({ min: -5, max: 100_000 }),
  fc.double(),
  fc.string(),
  fc.constantFrom('info', 'a-name', 'nats://host:4222', null, true, ...Array.from({ length: 3 }, (_, index) => 10 ** index)),
  fc.array(fc.constantFrom('a', 'nats://host:4222', 1)),
  fc.dictionary(fc.constantFrom('name', 'labels', 'x'), fc.oneof(fc.string(), fc.integer())),
);

describe('the quick check', () => {
  it('says of any value at any place what the validator says', () => {
    const place = fc.constantFrom(...paths(defaultsOf(schema)));
    const seen = { right: 0, wrong: 0 };
    fc.assert(
      fc.property(place, anyValue, (path, value) => {
        const layer = changed(path, value);
        const right = validate(layer);
        seen[right ? 'right' : 'wrong']++;
        expect(conforms(layer, schema)).toBe(right);
      }),
      { numRuns: 5_000 },
    );
    expect(Math.min(seen.right, seen.wrong)).toBeGreaterThan(300);
  });

  it('is content with the defaults of every key', () => {
    expect(conforms(defaultsOf(schema), schema)).toBe(true);
  });

  it('leaves to the validator what it does not know', () => {
    expect(conforms(1, { multipleOf: 1 } as SchemaNode)).toBe(false);
    expect(conforms(1, { type: ['integer'] } as unknown as SchemaNode)).toBe(false);
  });
});
