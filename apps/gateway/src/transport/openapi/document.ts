import { type ClassSchema, type DtoClass, jsonSchemaOf, nestedSchemasOf } from '@aet/contracts';
import { replySchemas } from './reply-schemas.js';
import { ROUTES, type RouteDoc } from './routes.js';
import { ref, type Schema } from './schema-parts.js';

const REFUSALS: Record<number, string> = {
  400: 'The request is not valid; `details.violations` says where and why.',
  401: 'No proof, or a wrong one.',
  403: 'The proof does not allow this.',
  404: 'There is no such thing.',
  409: 'It is not in a state that allows this.',
  413: 'The request is too large.',
  422: 'The workflow is not valid.',
  429: 'Too many wrong tokens or open streams; see `Retry-After`.',
  500: 'The gateway failed.',
  503: 'The service behind it is not there at the moment; see `Retry-After`.',
  504: 'The service behind it did not answer in time.',
};
const ALWAYS = [401, 429, 500, 503];

const TAGS = [
  { name: 'runs', description: 'Submitting, watching and reading runs.' },
  { name: 'schedules', description: 'Runs that begin by themselves.' },
  { name: 'queue', description: 'Capabilities and dead letters.' },
  { name: 'record', description: 'The record as a whole: made anew, compared, archived.' },
  { name: 'effects', description: 'What tasks did outside of AET.' },
  { name: 'cells', description: 'The cells that are joined, and the runs of one that was lost.' },
  { name: 'cache', description: 'Results that later attempts take.' },
  { name: 'batches', description: 'Model requests that wait for a lower price.' },
  { name: 'fleet', description: 'Instances, agents, ports, errors.' },
  { name: 'knowledge', description: "A project's knowledge." },
  { name: 'console', description: 'Ways into the web page.' },
];

/** The OpenAPI 3.1 document: routes by hand, requests from their classes, replies from `replySchemas`. Pure; made once. */
export function openApiDocument(version: string): Schema {
  return {
    openapi: '3.1.1',
    info: {
      title: 'AET',
      version,
      summary: 'The HTTP edge of an AET fleet.',
      description:
        'Every path under `/v1` needs the bearer token of the fleet, or a session of the console. Errors are `Error` bodies.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The gateway that serves this document.' }],
    tags: TAGS,
    security: [{ token: [] }, { session: [] }],
    paths: paths(),
    components: {
      schemas: { ...replySchemas, ...requestSchemas() },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: "The fleet's token, a file of mode 0600." },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'aet_session',
          description: 'Set by a console link; the name ends in a tag of the fleet. Writes need an `Origin` of the same host.',
        },
      },
    },
  };
}

function paths(): Schema {
  const all: Record<string, Record<string, Schema>> = {};
  for (const route of ROUTES) (all[route.path] ??= {})[route.method] = operation(route);
  return all;
}

function operation(route: RouteDoc): Schema {
  const parameters = [
    ...parametersOf(route.pathClass, 'path'),
    ...parametersOf(route.query, 'query'),
    ...Object.entries(route.headers ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      description,
      schema: { type: 'string' },
    })),
  ];
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...bodyOf(route),
    ...(route.proof === undefined ? {} : { security: [{ token: [] }] }),
    responses: { [route.status]: success(route), ...Object.fromEntries([...ALWAYS, ...route.refusals].map(refusal)) },
  };
}

function bodyOf({ body, bodyType }: RouteDoc): Schema {
  if (bodyType !== undefined) return { requestBody: { required: true, content: { [bodyType]: { schema: {} } } } };
  return body === undefined
    ? {}
    : { requestBody: { required: true, content: { 'application/json': { schema: ref(body.name) } } } };
}

function success({ reply }: RouteDoc): Schema {
  if (reply === undefined) return { description: 'Done.' };
  if (typeof reply === 'string') return { description: 'The reply.', content: { 'application/json': { schema: ref(reply) } } };
  return { description: 'The content.', content: { [reply.mediaType]: { schema: {} } } };
}

const refusal = (status: number): [string, Schema] => [
  String(status),
  { description: REFUSALS[status] ?? 'Refused.', content: { 'application/json': { schema: ref('Error') } } },
];

function parametersOf(dto: DtoClass<object> | undefined, where: 'path' | 'query'): Schema[] {
  if (dto === undefined) return [];
  const { properties, required } = schemaOf(dto);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema,
  }));
}

function requestSchemas(): Record<string, Schema> {
  const bodies = ROUTES.flatMap((route) => (route.body === undefined ? [] : [route.body]));
  return Object.assign({}, ...bodies.map((dto) => ({ [dto.name]: schemaOf(dto), ...nestedSchemasOf(dto, SCHEMAS) }))) as Record<
    string,
    Schema
  >;
}

const SCHEMAS = '#/components/schemas/';
const schemaOf = (dto: DtoClass<object>): ClassSchema => jsonSchemaOf(dto, { refPrefix: SCHEMAS });
