import { isRecord } from './layer.js';
import type { SchemaNode } from './schema.js';

/** What stands in a schema for people and editors, and forbids nothing. */
const ANNOTATIONS = ['$schema', '$id', 'title', 'description', 'default'];

/** One test for each keyword that the configuration's schema uses. A value of another type than the keyword is about passes it. */
const KEYWORDS: Record<string, (value: unknown, node: SchemaNode) => boolean> = {
  type: (value, { type }) => typeof type === 'string' && (TYPES[type]?.(value) ?? false),
  enum: (value, node) => (node.enum ?? []).includes(value),
  minimum: (value, { minimum = -Infinity }) => typeof value !== 'number' || value >= minimum,
  maximum: (value, { maximum = Infinity }) => typeof value !== 'number' || value <= maximum,
  pattern: (value, { pattern = '' }) => typeof value !== 'string' || new RegExp(pattern, 'u').test(value),
  minItems: (value, { minItems = 0 }) => !Array.isArray(value) || value.length >= minItems,
  items: (value, { items = {} }) => !Array.isArray(value) || value.every((item) => conforms(item, items)),
  properties: (value, { properties = {} }) =>
    !isRecord(value) || Object.entries(properties).every(([key, node]) => value[key] === undefined || conforms(value[key], node)),
  additionalProperties: (value, { properties = {}, additionalProperties: others = true }) =>
    !isRecord(value) ||
    Object.keys(value)
      .filter((key) => !Object.hasOwn(properties, key))
      .every((key) => (typeof others === 'boolean' ? others : conforms(value[key], others))),
};

const TYPES: Record<string, (value: unknown) => boolean> = {
  object: isRecord,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: Number.isFinite,
  integer: Number.isInteger,
};

/**
 * Whether a value certainly keeps to a schema. A `false` is no verdict: the full validator decides, and finds the words. It takes 100 ms to
 * be loaded and to compile the schema, which a service with a good configuration need not wait for. A keyword that is not known here makes it `false`.
 */
export const conforms = (value: unknown, node: SchemaNode): boolean =>
  Object.keys(node).every((keyword) => ANNOTATIONS.includes(keyword) || (KEYWORDS[keyword]?.(value, node) ?? false));
