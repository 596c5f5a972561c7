import { durationSchema, nameSchema, stepSchemas } from './workflow-steps.schema.js';
import { STEP_KINDS, WORKFLOW_API } from './workflow.js';

const input = {
  type: 'object',
  required: ['type'],
  additionalProperties: false,
  properties: {
    type: { enum: ['string', 'number', 'boolean', 'object', 'array'], description: 'What the value must be.' },
    description: { type: 'string', description: 'For those who give it.' },
    required: { type: 'boolean', description: 'A run without it is refused. Default: false.' },
    default: { description: 'The value when none is given. Without it: null.' },
  },
};

/** JSON Schema 2020-12 of a workflow file. A step is the one of `$defs` whose key it has. */
export const workflowSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://aet.dev/schema/workflow.v1.json',
  title: 'AET workflow',
  type: 'object',
  required: ['api', 'name', 'steps'],
  additionalProperties: false,
  properties: {
    api: { const: WORKFLOW_API, description: 'The language of the file.' },
    name: { ...nameSchema, description: 'By which it is submitted and called.' },
    description: { type: 'string', description: 'What it is for.' },
    timeout: { ...durationSchema, description: 'Longest time of the whole run: 500ms, 30s, 5m, 2h.' },
    inputs: { type: 'object', description: 'What a run is given, by name.', additionalProperties: input },
    steps: {
      type: 'object',
      description: 'What is done, by name. A step begins when the steps that it needs have ended.',
      minProperties: 1,
      maxProperties: 1000,
      propertyNames: nameSchema,
      additionalProperties: { oneOf: STEP_KINDS.map((kind) => ({ $ref: `#/$defs/${kind}` })) },
    },
    output: { description: 'What the run gives back, with ${{ expressions }}. Without it: the outputs of all steps by name.' },
  },
  $defs: stepSchemas,
} as const;
