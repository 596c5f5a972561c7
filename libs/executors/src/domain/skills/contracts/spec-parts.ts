import { isObject, type JsonObject } from '../json.js';
import type { ApiOperation, ApiResponse } from './api-model.js';
import { childPointer } from './json-pointer.js';
import type { Located, References } from './references.js';

/** What differs between the generations of OpenAPI. */
export interface SpecParts {
  schemasAt: string[];
  securitySchemesAt: string[];
  servers(root: JsonObject): string[];
  parameterSchema(at: Located, references: References): { schema: Located | undefined; serialization: string };
  body(operation: Located, parameters: readonly Located[], root: JsonObject, references: References): ApiOperation['body'];
  response(at: Located, operation: Located, root: JsonObject, references: References): ApiResponse;
}

export function entriesOf(at: Located | undefined, references: References): Map<string, Located> {
  const result = new Map<string, Located>();
  if (at === undefined || !isObject(at.value)) return result;
  for (const key of Object.keys(at.value)) {
    const child = references.child(at, key);
    if (child) result.set(key, child);
  }
  return result;
}

/** Media types with the place of their schema; one without a schema lets anything through. */
export function mediaOf(content: Located | undefined, references: References): Map<string, Located> {
  const result = new Map<string, Located>();
  for (const [type, at] of entriesOf(content, references)) {
    result.set(mediaName(type), references.child(at, 'schema') ?? { value: true, pointer: childPointer(at.pointer, 'schema') });
  }
  return result;
}

export const mediaName = (type: string): string => (type.split(';')[0] ?? type).trim().toLowerCase();
