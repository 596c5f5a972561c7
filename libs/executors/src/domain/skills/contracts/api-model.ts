import type { Located, References } from './references.js';

/** What both OpenAPI generations say, in one shape, every part with its place. */
export interface ApiModel {
  references: References;
  /** By template with its placeholders emptied, such as `/users/{}`. */
  paths: Map<string, ApiPath>;
  /** Requests that the server sends: directions are turned round. */
  webhooks: Map<string, ApiPath>;
  schemas: Map<string, Located>;
  securitySchemes: Map<string, Located>;
  /** Base URLs, or host and base path of 2.0. */
  servers: string[];
}

export interface ApiPath {
  template: string;
  pointer: string;
  operations: Map<string, ApiOperation>;
}

export interface ApiOperation {
  /** `GET /users/{id}`. */
  label: string;
  pointer: string;
  deprecated: boolean;
  operationId: string | undefined;
  /** By place and name; path parameters by their position in the template. */
  parameters: Map<string, ApiParameter>;
  body: ApiBody | undefined;
  responses: Map<string, ApiResponse>;
  /** Alternatives, each a set of schemes with scopes. Undefined: nothing is asked. */
  security: Map<string, Set<string>>[];
  value: unknown;
}

export interface ApiParameter {
  name: string;
  in: string;
  required: boolean;
  pointer: string;
  schema: Located | undefined;
  /** How the value is written: style and explode, or collectionFormat. */
  serialization: string;
}

export interface ApiBody {
  required: boolean;
  pointer: string;
  media: Map<string, Located>;
}

export interface ApiResponse {
  pointer: string;
  media: Map<string, Located>;
  headers: Map<string, Located>;
}

export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'] as const;

export const emptiedTemplate = (template: string): string => template.replace(/\{[^}]*\}/g, '{}').replace(/(.)\/+$/, '$1');

/** `{id}` of `/users/{id}` is 0: a renamed placeholder is the same parameter on the wire. */
export function parameterKey(name: string, place: string, template: string): string {
  if (place !== 'path') return `${place}:${place === 'header' ? name.toLowerCase() : name}`;
  const names = [...template.matchAll(/\{([^}]*)\}/g)].map((match) => match[1]);
  const position = names.indexOf(name);
  return position < 0 ? `path:${name}` : `path#${position}`;
}
