import { asArray, asObject, asString, isObject, type JsonObject } from '../json.js';
import type { ContractDocument } from './contract-document.js';
import {
  emptiedTemplate,
  METHODS,
  parameterKey,
  type ApiModel,
  type ApiOperation,
  type ApiParameter,
  type ApiPath,
} from './api-model.js';
import { openApi3 } from './openapi3-parts.js';
import { References, type Located } from './references.js';
import { entriesOf, type SpecParts } from './spec-parts.js';
import { swagger2 } from './swagger2-parts.js';

export function readApi(document: ContractDocument): ApiModel {
  const { root } = document;
  const references = new References(root);
  const parts = document.kind === 'swagger-2' ? swagger2 : openApi3;
  const rootAt: Located = { value: root, pointer: '' };
  const named = (keys: string[]): Map<string, Located> => entriesOf(references.child(rootAt, ...keys), references);
  return {
    references,
    paths: readPaths(references.child(rootAt, 'paths'), root, references, parts),
    webhooks: readPaths(references.child(rootAt, 'webhooks'), root, references, parts),
    schemas: named(parts.schemasAt),
    securitySchemes: named(parts.securitySchemesAt),
    servers: parts.servers(root),
  };
}

function readPaths(at: Located | undefined, root: JsonObject, references: References, parts: SpecParts): Map<string, ApiPath> {
  const result = new Map<string, ApiPath>();
  for (const [template, entry] of entriesOf(at, references)) {
    if (template.startsWith('x-')) continue;
    const item = references.resolve(entry);
    const operations = new Map<string, ApiOperation>();
    for (const method of METHODS) {
      const operation = references.child(item, method);
      if (operation && isObject(operation.value)) {
        operations.set(method, readOperation(method, template, operation, item, root, references, parts));
      }
    }
    result.set(emptiedTemplate(template), { template, pointer: entry.pointer, operations });
  }
  return result;
}

function readOperation(
  method: string,
  template: string,
  at: Located,
  item: Located,
  root: JsonObject,
  references: References,
  parts: SpecParts,
): ApiOperation {
  const value = asObject(at.value);
  const parameters = [...parametersOf(item, references), ...parametersOf(at, references)];
  const responses = new Map<string, ReturnType<SpecParts['response']>>();
  for (const [status, entry] of entriesOf(references.child(at, 'responses'), references)) {
    if (status.startsWith('x-')) continue;
    responses.set(status.toUpperCase(), parts.response(references.resolve(entry), at, root, references));
  }
  return {
    label: `${method.toUpperCase()} ${template}`,
    pointer: at.pointer,
    deprecated: value['deprecated'] === true,
    operationId: asString(value['operationId']),
    parameters: readParameters(parameters, template, references, parts),
    body: parts.body(at, parameters, root, references),
    responses,
    security: readSecurity(value['security'] ?? root['security']),
    value,
  };
}

const parametersOf = (at: Located, references: References): Located[] =>
  asArray(asObject(at.value)['parameters']).flatMap((_, i) => {
    const child = references.child(at, 'parameters', i);
    return child ? [references.resolve(child)] : [];
  });

/** Those of the operation replace those of the path with the same key. */
function readParameters(
  all: readonly Located[],
  template: string,
  references: References,
  parts: SpecParts,
): Map<string, ApiParameter> {
  const result = new Map<string, ApiParameter>();
  for (const at of all) {
    const value = asObject(at.value);
    const [name, place] = [asString(value['name']), asString(value['in'])];
    if (name === undefined || place === undefined || place === 'body') continue;
    result.set(parameterKey(name, place, template), {
      name,
      in: place,
      required: value['required'] === true || place === 'path',
      pointer: at.pointer,
      ...parts.parameterSchema(at, references),
    });
  }
  return result;
}

function readSecurity(value: unknown): Map<string, Set<string>>[] {
  return asArray(value).map(
    (alternative) =>
      new Map(
        Object.entries(asObject(alternative)).map(([scheme, scopes]) => [
          scheme,
          new Set(asArray(scopes).filter((scope): scope is string => typeof scope === 'string')),
        ]),
      ),
  );
}
