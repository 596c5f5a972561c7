import type * as ajv from 'ajv/dist/2020.js';
import { createRequire } from 'node:module';
import { conforms } from './conforms.js';
import { isRecord } from './layer.js';

/** A JSON Schema node, as far as the configuration uses it. */
export interface SchemaNode {
  type?: string;
  default?: unknown;
  description?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  minItems?: number;
  items?: SchemaNode;
  properties?: Record<string, SchemaNode>;
  additionalProperties?: boolean | SchemaNode;
}

/** Every default of the schema as one object. */
export function defaultsOf(node: SchemaNode): unknown {
  if (node.properties === undefined) return structuredClone(node.default);
  return Object.fromEntries(Object.entries(node.properties).map(([key, child]) => [key, defaultsOf(child)]));
}

/** The node of a dotted path, or undefined. */
export const nodeAt = (schema: SchemaNode, path: readonly string[]): SchemaNode | undefined =>
  path.reduce<SchemaNode | undefined>((node, key) => {
    const declared = node?.properties?.[key];
    return declared ?? (isRecord(node?.additionalProperties) ? node.additionalProperties : undefined);
  }, schema);

/** One violation: the path of the value, and a sentence that says what is allowed. */
export interface SchemaViolation {
  path: (string | number)[];
  message: string;
  value: unknown;
}

export type SchemaCheck = (value: unknown) => SchemaViolation[];

/** A check of values by a schema. What is right is found to be so without the validator, which is loaded when there is something to tell. */
export function schemaCheck(schema: object): SchemaCheck {
  let validate: ajv.ValidateFunction | undefined;
  return (value) => {
    if (conforms(value, schema)) return [];
    validate ??= compile(schema);
    return validate(value) ? [] : (validate.errors ?? []).map((error) => violation(error, schema));
  };
}

/** Loads at the moment of the call: configuration is read without waiting, which `import` cannot. */
function compile(schema: object): ajv.ValidateFunction {
  const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof ajv;
  return new Ajv2020({ allErrors: true, verbose: true, strict: true, strictTypes: false, strictRequired: false }).compile(schema);
}

function violation(error: ajv.ErrorObject, schema: SchemaNode): SchemaViolation {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (error.keyword === 'additionalProperties') {
    const unknown = String(error.params['additionalProperty']);
    const known = Object.keys(nodeAt(schema, path)?.properties ?? {});
    return { path: [...path, unknown], message: `is not a known key; known here: ${known.join(', ')}`, value: undefined };
  }
  const allowed =
    error.keyword === 'enum'
      ? `must be one of ${(error.params['allowedValues'] as unknown[]).join(', ')}`
      : (error.message ?? error.keyword);
  return { path, message: allowed, value: error.data };
}
