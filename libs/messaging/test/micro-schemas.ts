/**
 * What the published JSON Schemas of the NATS services protocol demand, in short: `io.nats.micro.v1.ping_response`,
 * `info_response` and `stats_response`. Source: https://github.com/nats-io/jsm.go, `schemas/micro/v1`, and ADR-32.
 */
const text = { type: 'string', minLength: 1 };
const name = { ...text, pattern: '^[a-zA-Z0-9_-]+$' };
const strings = { type: 'object', additionalProperties: { type: 'string' } };
const metadata = { oneOf: [strings, { type: 'null' }] };
/** 64 bits, signed. JavaScript rounds the published limit up by one. */
const integer = { type: 'integer', minimum: -(2 ** 63), maximum: 2 ** 63 };
const part = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)';
const build = '[0-9a-zA-Z-]+';
const number = '(?:0|[1-9]\\d*)';
const version = {
  type: 'string',
  minLength: 5,
  pattern: `^${number}\\.${number}\\.${number}(?:-${part}(?:\\.${part})*)?(?:\\+${build}(?:\\.${build})*)?$`,
};

const reply = (type: string, required: string[], properties: object) => ({
  type: 'object',
  required: ['type', 'name', 'id', 'version', ...required],
  properties: { type: { const: `io.nats.micro.v1.${type}` }, name, id: text, version, metadata, ...properties },
});
const endpoints = (required: string[], properties: object) => ({
  type: 'array',
  items: {
    type: 'object',
    required: ['name', 'subject', ...required],
    properties: { name, subject: text, queue_group: { type: 'string' }, metadata, ...properties },
  },
});

const counts = { num_requests: integer, num_errors: integer, processing_time: integer, average_processing_time: integer };

export const microSchemas = {
  PING: reply('ping_response', [], {}),
  INFO: reply('info_response', ['description'], { description: { type: 'string' }, endpoints: endpoints([], {}) }),
  STATS: reply('stats_response', ['started', 'endpoints'], {
    started: { type: 'string', format: 'date-time' },
    endpoints: endpoints([...Object.keys(counts), 'last_error'], {
      ...counts,
      last_error: { type: 'string' },
      data: { type: 'object' },
    }),
  }),
};
