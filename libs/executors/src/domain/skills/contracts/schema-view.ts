import { asArray, canonical, isObject, type JsonObject } from '../json.js';
import type { Located, References } from './references.js';
import { typesOf } from './schema-types.js';

/** A schema with its references followed and its `allOf` merged: what it accepts, flat. */
export interface SchemaView {
  pointer: string;
  /** `false` as a schema: accepts nothing. */
  never: boolean;
  /** Single keywords; of merged parts the last one that has it. */
  keywords: JsonObject;
  types: Set<string> | undefined;
  /** Allowed values as canonical JSON, with how to show them. Undefined: not restricted. */
  values: Map<string, string> | undefined;
  required: Set<string>;
  properties: Map<string, Located>;
  patternProperties: Map<string, Located>;
  additional: Located | undefined;
  items: Located | undefined;
  tuple: Located[];
  /** Variants of `oneOf` or `anyOf`, a bare null variant taken out. */
  variants: Located[];
}

const emptyView = (pointer: string): SchemaView => ({
  pointer,
  never: false,
  keywords: {},
  types: undefined,
  values: undefined,
  required: new Set(),
  properties: new Map(),
  patternProperties: new Map(),
  additional: undefined,
  items: undefined,
  tuple: [],
  variants: [],
});

export function viewSchema(at: Located, references: References): SchemaView {
  const target = references.resolve(at);
  const view = emptyView(target.pointer);
  merge(view, target, references, new Set());
  return view;
}

function merge(view: SchemaView, at: Located, references: References, seen: Set<string>): void {
  const target = references.resolve(at);
  if (target.value === false) view.never = true;
  if (!isObject(target.value) || seen.has(target.pointer)) return;
  seen.add(target.pointer);
  const schema = target.value;
  // Keywords beside a $ref count in 3.1 and JSON Schema 2020-12; older versions ignore them, and writers rarely mean that.
  if (isObject(at.value) && at.pointer !== target.pointer) {
    const { $ref: _ref, ...beside } = at.value;
    if (Object.keys(beside).some((key) => key !== 'description' && key !== 'summary')) {
      mergeOne(view, { value: beside, pointer: at.pointer }, beside, references);
    }
  }
  mergeOne(view, target, schema, references);
  asArray(schema['allOf']).forEach((part, i) => {
    const located = references.child(target, 'allOf', i) ?? { value: part, pointer: target.pointer };
    merge(view, located, references, seen);
  });
}

function mergeOne(view: SchemaView, at: Located, schema: JsonObject, references: References): void {
  Object.assign(view.keywords, schema);
  const types = typesOf(schema);
  if (types) view.types = view.types ? new Set([...types].filter((type) => view.types?.has(type))) : types;
  const values = valuesOf(schema);
  if (values) view.values = view.values ? new Map([...values].filter(([key]) => view.values?.has(key))) : values;
  for (const name of asArray(schema['required'])) if (typeof name === 'string') view.required.add(name);
  for (const [group, into] of [
    ['properties', view.properties],
    ['patternProperties', view.patternProperties],
  ] as const) {
    if (!isObject(schema[group])) continue;
    for (const name of Object.keys(schema[group])) {
      const child = references.child(at, group, name);
      if (child && !into.has(name)) into.set(name, child);
    }
  }
  view.additional =
    references.child(at, 'additionalProperties') ?? references.child(at, 'unevaluatedProperties') ?? view.additional;
  const tuple = Array.isArray(schema['prefixItems']) ? 'prefixItems' : Array.isArray(schema['items']) ? 'items' : undefined;
  if (tuple) view.tuple = asArray(schema[tuple]).flatMap((_, i) => references.child(at, tuple, i) ?? []);
  if (tuple !== 'items') view.items = references.child(at, 'items') ?? view.items;
  mergeVariants(view, at, schema, references);
}

function mergeVariants(view: SchemaView, at: Located, schema: JsonObject, references: References): void {
  const keyword = Array.isArray(schema['oneOf']) ? 'oneOf' : Array.isArray(schema['anyOf']) ? 'anyOf' : undefined;
  if (!keyword) return;
  const all = asArray(schema[keyword]).flatMap((_, i) => references.child(at, keyword, i) ?? []);
  const isNull = (variant: Located): boolean => isObject(variant.value) && variant.value['type'] === 'null';
  const real = all.filter((variant) => !isNull(variant));
  const only = real[0];
  if (real.length === 1 && only) {
    // `anyOf: [X, null]` is how 3.1 says nullable: the same view as X with null.
    const inner = references.resolve(only);
    if (isObject(inner.value)) mergeOne(view, inner, inner.value, references);
    if (real.length < all.length) view.types?.add('null');
  } else view.variants = real;
}

function valuesOf(schema: JsonObject): Map<string, string> | undefined {
  const list = Array.isArray(schema['enum']) ? schema['enum'] : 'const' in schema ? [schema['const']] : undefined;
  return list && new Map(list.map((value) => [canonical(value), JSON.stringify(value)]));
}
