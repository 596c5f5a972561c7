import { PRIORITIES } from './priority.js';
import { WORKFLOW_API } from './workflow.js';

const duration = { type: 'string', pattern: '^[0-9]+(ms|s|m|h)$', description: 'A number and a unit: 500ms, 30s, 5m, 2h.' };
const name = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]{0,62}$' };

/** JSON Schema 2020-12 of a workflow file. */
export const workflowSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://aet.dev/schema/workflow.v1.json',
  title: 'AET workflow',
  type: 'object',
  required: ['api', 'name', 'steps'],
  additionalProperties: false,
  properties: {
    api: { const: WORKFLOW_API },
    name,
    description: { type: 'string' },
    timeout: duration,
    inputs: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['type'],
        additionalProperties: false,
        properties: {
          type: { enum: ['string', 'number', 'boolean', 'object', 'array'] },
          description: { type: 'string' },
          required: { type: 'boolean' },
          default: true,
        },
      },
    },
    steps: {
      type: 'object',
      minProperties: 1,
      maxProperties: 1000,
      propertyNames: name,
      additionalProperties: {
        type: 'object',
        required: ['task'],
        additionalProperties: false,
        properties: {
          task: { ...name, description: 'The capability that does the step.' },
          agent: { type: 'string', description: 'One agent by name, instead of any with the capability.' },
          needs: { type: 'array', items: name, uniqueItems: true },
          when: { type: 'string', description: 'An expression; the step is skipped when it gives nothing.' },
          map: {
            type: 'object',
            required: ['over'],
            additionalProperties: false,
            properties: { over: { type: 'string' }, concurrency: { type: 'integer', minimum: 1, maximum: 1000 } },
          },
          with: { type: 'object' },
          timeout: duration,
          delay: { ...duration, description: 'The first attempt begins no sooner than this after the step is ready.' },
          orderKey: {
            type: ['string', 'number'],
            description:
              'Tasks of the capability with the same key run one after the other, in the order of their acknowledgement.',
          },
          retry: {
            type: 'object',
            additionalProperties: false,
            properties: { attempts: { type: 'integer', minimum: 1, maximum: 100 }, initial: duration, max: duration },
          },
          priority: { enum: [...PRIORITIES] },
          continueOnError: { type: 'boolean' },
        },
      },
    },
    output: true,
  },
} as const;
