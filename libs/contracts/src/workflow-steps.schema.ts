import { LANES, PRIORITIES } from './priority.js';
import type { StepKind } from './workflow.js';

type Schema = Readonly<Record<string, unknown>>;

export const durationSchema = { type: 'string', pattern: '^[0-9]+(ms|s|m|h)$' } as const;
export const nameSchema = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]{0,62}$' } as const;

const duration = (description: string): Schema => ({
  ...durationSchema,
  description: `${description} A number and a unit: 500ms, 30s, 5m, 2h.`,
});
const name = (description: string): Schema => ({ ...nameSchema, description });
const text = (description: string): Schema => ({ type: 'string', minLength: 1, description });

const agent = text('One agent by its name, instead of any that has the capability.');
const input = {
  type: 'object',
  description: "The task's input, or a sub-run's inputs: any value, with ${{ expressions }} in its texts.",
};

const retry = {
  type: 'object',
  description: 'How often and how patiently a failed attempt is repeated.',
  additionalProperties: false,
  properties: {
    attempts: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      description: 'All attempts together, the first included. Default: 3.',
    },
    initial: duration('Longest wait before the second attempt; it doubles from one to the next. Default: 1s.'),
    max: duration('No wait is longer. Default: 30s.'),
  },
};

/** `3`, or a share of all items. */
const amount = (minimum: number, description: string): Schema => ({
  type: ['integer', 'string'],
  minimum,
  pattern: minimum === 0 ? '^(100|[1-9]?[0-9])%$' : '^(100|[1-9][0-9]?)%$',
  description: `${description} A number, or a share such as 60%.`,
});

const map = {
  type: 'object',
  description: 'One task, or sub-run, for each element of a list; `item` and `index` (from 0) can be used in `with`.',
  required: ['over'],
  additionalProperties: false,
  properties: {
    over: { type: ['string', 'array'], description: 'The list, or an expression that gives one.' },
    concurrency: { type: 'integer', minimum: 1, maximum: 1000, description: 'So many are out at once. Default: 256.' },
    quorum: amount(1, 'So many completed ones are enough; the others are cancelled and stand in the output as null.'),
    tolerate: amount(
      0,
      'So many may fail: they stand in the output as { error }. Default: as many as leave the quorum within reach; 0 without one.',
    ),
    collect: text('An expression over `items`, the list of outputs: its value is the output of the step. Default: that list.'),
  },
};

const compensate = {
  type: 'object',
  description:
    'What undoes the step when the run fails or is cancelled after it was completed. Sees `output`, the output of the step.',
  required: ['task'],
  additionalProperties: false,
  properties: { task: name('The capability that does it.'), agent, with: input, timeout: duration('Of one attempt.'), retry },
};

const placement = {
  type: 'object',
  description: 'Where the task may run.',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    host: text('One host by its name.'),
    labels: {
      type: 'object',
      minProperties: 1,
      additionalProperties: { type: 'string' },
      description: 'A host that has all of these labels.',
    },
  },
};

const cache = {
  description:
    'The result of an earlier attempt with the same input, version of the agent and files is taken instead of doing it again.',
  anyOf: [
    { const: true, description: 'With the input as the key, for ever.' },
    {
      type: 'object',
      additionalProperties: false,
      properties: {
        key: { type: ['string', 'number'], description: 'Instead of the input: text with expressions.' },
        files: {
          type: 'array',
          minItems: 1,
          maxItems: 100,
          items: { type: 'string', minLength: 1 },
          description: "Globs below the input's `repo`, or the project: what these files hold counts as well.",
        },
        ttl: duration('An older result is not taken.'),
      },
    },
  ],
};

/** Of every kind. */
const base = {
  description: { type: 'string', description: 'What the step is for.' },
  needs: {
    type: 'array',
    items: nameSchema,
    uniqueItems: true,
    description: 'Steps that must have ended before this one begins.',
  },
  when: text('An expression; false, null, and an empty text, list or object skip the step.'),
  continueOnError: {
    type: 'boolean',
    description: 'A failed step gives { error } as its output, and the run goes on. Default: false.',
  },
};

/** Of steps that have something done. */
const done = {
  ...base,
  map,
  with: input,
  retry,
  priority: { enum: [...PRIORITIES], description: "Default: the run's." },
  outputSchema: {
    type: 'object',
    description: 'JSON Schema 2020-12 of one output; an output that does not match fails the step.',
  },
  compensate,
};

const task = {
  ...done,
  task: name('The capability that does the step: any agent that has it may.'),
  agent,
  timeout: duration('Longest time of one attempt. Default: 10m.'),
  heartbeat: duration('An attempt that says nothing for so long is taken back.'),
  delay: duration('The first attempt begins no sooner than this after the step is ready.'),
  deadline: duration("The work may wait so long: it may be done in a provider's batch, at a lower price."),
  orderKey: {
    type: ['string', 'number'],
    description: 'Tasks of the capability with the same key run one after the other, in the order of their acknowledgement.',
  },
  lane: { enum: [...LANES], description: 'How urgent the work is to whoever waits for it.' },
  placement,
  cache,
};

const workflow = {
  ...done,
  workflow: name('The workflow that runs as a sub-run; `with` gives its inputs, its output is the output of the step.'),
};

const branch = {
  ...base,
  branch: {
    type: 'array',
    minItems: 1,
    maxItems: 100,
    description: 'The first case whose `when` holds is taken. Steps that only other cases name are skipped.',
    items: {
      type: 'object',
      required: ['then'],
      additionalProperties: false,
      properties: {
        when: text('An expression. A case without it always holds: it stands last.'),
        then: {
          ...nameSchema,
          type: ['string', 'array'],
          items: nameSchema,
          minItems: 1,
          uniqueItems: true,
          description: 'The step that follows, or several. They wait for this step without naming it in `needs`.',
        },
      },
    },
  },
};

const approval = {
  ...base,
  approval: {
    type: 'object',
    description: 'Somebody approves or rejects. Output: { approved, by, reason }.',
    additionalProperties: false,
    properties: {
      text: text('What is asked, with ${{ expressions }}.'),
      approvers: {
        type: 'array',
        minItems: 1,
        maxItems: 100,
        uniqueItems: true,
        items: { type: 'string', minLength: 1 },
        description: 'Who may decide, by name. Default: everybody who may operate.',
      },
      timeout: duration('So long it waits for a decision. Default: for ever.'),
      onTimeout: { enum: ['approve', 'reject'], description: 'When nobody decided in time. Default: reject.' },
    },
  },
};

const wait = {
  ...base,
  wait: {
    type: 'object',
    description: 'Waits for a time (`for`), until a time (`until`), or for a signal (`signal`).',
    additionalProperties: false,
    properties: {
      for: duration('So long.'),
      until: text('RFC 3339, such as 2026-01-31T18:00:00Z, or an expression that gives one.'),
      signal: name('Until a signal of this name comes; its payload is the output of the step.'),
      timeout: duration('Of a signal: then the step fails.'),
    },
  },
};

const checkpoint = {
  ...base,
  checkpoint: { description: 'Any value, with expressions: the output of the step. Everything up to it is on the disk.' },
};

const stepOf = (kind: StepKind, properties: Schema): Schema => ({
  title: `${kind} step`,
  type: 'object',
  required: [kind],
  additionalProperties: false,
  properties,
});

/** One step, by its kind. */
export const stepSchemas = {
  task: stepOf('task', task),
  workflow: stepOf('workflow', workflow),
  branch: stepOf('branch', branch),
  approval: stepOf('approval', approval),
  wait: stepOf('wait', wait),
  checkpoint: stepOf('checkpoint', checkpoint),
} as const;
