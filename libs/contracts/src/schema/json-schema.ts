import type { DtoClass } from '../rpc/method.js';
import { type PropertyRules, classRules } from './class-rules.js';
import { NOT_EMPTY, ruleSchema } from './rule-schemas.js';

/** A JSON Schema 2020-12, or a part of one, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface ClassSchema extends JsonSchema {
  type: 'object';
  properties: Readonly<Record<string, JsonSchema>>;
  required: readonly string[];
  additionalProperties: false;
}

export interface JsonSchemaOptions {
  /** Where the schemas of nested classes stand. Default `#/$defs/`, where they are put; elsewhere the caller puts what `nestedSchemasOf` gives. */
  refPrefix?: string;
}

const DEFS = '#/$defs/';

/**
 * What a request class asks of a request, from its decorators. What the schema allows is accepted, unless a property has a `format`, which
 * only tells what is meant, or a `$comment`: that names rules which no schema can say, such as a custom one or `@ValidateIf`. class-validator
 * lets a little more pass: null for what is optional, and one value for a list of which only the elements have rules.
 */
export function jsonSchemaOf(dto: DtoClass<object>, { refPrefix = DEFS }: JsonSchemaOptions = {}): ClassSchema {
  const own = ownSchema(dto, refPrefix);
  if (refPrefix !== DEFS) return own;
  const nested = nestedSchemasOf(dto, refPrefix);
  return Object.keys(nested).length === 0 ? own : { ...own, $defs: nested };
}

/** The schemas of the classes that a class has inside, by their names; its own among them only if it contains itself. */
export function nestedSchemasOf(dto: DtoClass<object>, refPrefix: string): Record<string, ClassSchema> {
  const found = new Map<string, DtoClass<object>>();
  const look = (inside: DtoClass<object>): void => {
    for (const nested of classRules(inside).map(nestedClassOf)) {
      if (nested === undefined || found.get(nested.name) === nested) continue;
      if (found.has(nested.name)) throw new TypeError(`two classes inside ${dto.name} have the name ${nested.name}`);
      found.set(nested.name, nested);
      look(nested);
    }
  };
  look(dto);
  return Object.fromEntries([...found].map(([name, nested]) => [name, ownSchema(nested, refPrefix)]));
}

function ownSchema(dto: DtoClass<object>, refPrefix: string): ClassSchema {
  const properties = classRules(dto);
  return {
    type: 'object',
    properties: Object.fromEntries(properties.map((property) => [property.name, propertySchema(property, refPrefix)])),
    required: properties.filter(isRequired).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** With nothing but `@Allow`, or under a condition, a field may be absent. */
function isRequired({ optional, conditions, rules }: PropertyRules): boolean {
  const asked = rules.filter(({ validateIf, name }) => validateIf === undefined && !ABSENT_ALLOWED.has(name));
  return !optional && conditions.length === 0 && asked.length > 0;
}

/** Rules that an absent value keeps. */
const ABSENT_ALLOWED: ReadonlySet<string> = new Set(['isEmpty', 'notEquals', 'isNotIn']);

function propertySchema(property: PropertyRules, refPrefix: string): JsonSchema {
  const schema: Record<string, unknown> = {};
  const items: Record<string, unknown> = {};
  const left: string[] = property.optional || property.conditions.length === 0 ? [] : ['ValidateIf'];
  for (const rule of property.rules) {
    const part = rule.validateIf === undefined ? ruleSchema(rule) : undefined;
    if (part === undefined) left.push(rule.name === '' ? 'custom' : rule.name);
    else merge(rule.each ? items : schema, part);
  }
  for (const part of [schema, items]) if (part['type'] === 'string') sayLength(part);
  const nested = nestedClassOf(property);
  const isList = schema['type'] === 'array' || property.nestedEach || Object.keys(items).length > 0;
  if (nested !== undefined) merge(isList ? items : schema, { $ref: `${refPrefix}${nested.name}` });
  if (isList) merge(schema, { type: 'array', ...(Object.keys(items).length > 0 ? { items } : {}) });
  // A reference says that it is an object.
  if ('$ref' in schema) delete schema['type'];
  return left.length === 0 ? schema : { ...schema, $comment: `also checked: ${left.join(', ')}` };
}

/** Of a text, that it is not empty is a length. */
function sayLength(schema: Record<string, unknown>): void {
  if (schema['not'] !== NOT_EMPTY.not) return;
  delete schema['not'];
  merge(schema, { minLength: 1 });
}

const nestedClassOf = ({ nested, type }: PropertyRules): DtoClass<object> | undefined => (nested ? type?.of() : undefined);

/** Both must hold. */
function merge(into: Record<string, unknown>, part: JsonSchema): void {
  for (const [keyword, value] of Object.entries(part)) {
    const present = into[keyword];
    if (present === undefined) into[keyword] = value;
    else if (typeof present === 'number' && typeof value === 'number') into[keyword] = tighter(keyword, present, value);
    else if (keyword === 'type') into[keyword] = narrower(present, value);
    else if (present !== value) into['allOf'] = [...((into['allOf'] as unknown[] | undefined) ?? []), { [keyword]: value }];
  }
}

const tighter = (keyword: string, a: number, b: number): number =>
  keyword.startsWith('min') || keyword === 'exclusiveMinimum' ? Math.max(a, b) : Math.min(a, b);

const narrower = (a: unknown, b: unknown): unknown => (a === 'number' && b === 'integer' ? b : a);
