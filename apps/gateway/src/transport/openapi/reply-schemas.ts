import {
  DEAD_LETTER_REASONS,
  HealthStatus,
  LANES,
  PRIORITIES,
  RunEventType,
  RunStatus,
  SERVICES,
  Slot,
  STEP_KINDS,
} from '@aet/contracts';
import { approvalSchemas } from './approvals.js';
import { cellSchemas } from './cells.js';
import { batchSchemas } from './batches.js';
import { effectSchemas } from './effects.js';
import { recordSchemas } from './record.js';
import { cacheSchemas } from './result-cache.js';
import {
  anyObject,
  anything,
  count,
  flag,
  listOf,
  mapOf,
  number,
  object,
  oneOf,
  ref,
  type Schema,
  text,
  time,
} from './schema-parts.js';
import { operationReplies } from './operation-replies.js';

const summary = {
  runId: text,
  workflow: text,
  status: oneOf(Object.values(RunStatus)),
  priority: oneOf(PRIORITIES),
  cell: text,
  correlationId: text,
  submittedAt: time,
  updatedAt: time,
  attempts: object({ scheduled: count, completed: count, failed: count }),
  'error?': ref('Error'),
  'submittedBy?': text,
  'lane?': oneOf(LANES),
  'parent?': text,
  'schedule?': text,
};

const runs: Record<string, Schema> = {
  RunAccepted: object(
    { runId: text, correlationId: text, cell: text, existing: flag },
    'The run, whose first events are committed.',
  ),
  RunSummary: object(summary),
  RunPage: object(
    { runs: listOf(ref('RunSummary')), 'next?': text, 'counts?': ref('RunCounts') },
    '`next` is the cursor of the following page.',
  ),
  RunCounts: object({
    total: count,
    byStatus: anyObject,
    byWorkflow: listOf(object({ workflow: text, total: count, byStatus: anyObject })),
  }),
  Performer: object({ cell: text, host: text, instance: text, agent: text }, 'Who did an attempt.'),
  StepView: object({
    name: text,
    kind: oneOf(STEP_KINDS),
    task: text,
    needs: listOf(text),
    status: oneOf(['waiting', 'running', 'completed', 'failed', 'skipped']),
    'items?': object({ total: count, done: count }, 'Of a fan-out.'),
    attempts: count,
    'output?': anything,
    'error?': ref('Error'),
    'by?': ref('Performer'),
    'cached?': object({ runId: text, step: text, at: time }, "Nothing was executed: the output is an earlier attempt's."),
    'waitsFor?': object(
      { 'until?': time, 'signal?': text, 'approval?': text, 'approvers?': listOf(text), 'runs?': listOf(text), 'host?': text },
      'What keeps it, when that is no task.',
    ),
    'compensates?': text,
    'startedAt?': time,
    'finishedAt?': time,
  }),
  RunView: object({
    ...summary,
    inputs: anyObject,
    'durability?': text,
    'startAt?': time,
    'caller?': anyObject,
    'origin?': anyObject,
    'children?': listOf(object({ runId: text, step: text, 'item?': count, attempt: count, status: text })),
    'signals?': listOf(object({ id: text, name: text, by: text, at: time, 'takenBy?': text })),
    'output?': anything,
    steps: listOf(ref('StepView')),
  }),
  RunEvent: object({
    type: oneOf(Object.values(RunEventType)),
    data: anyObject,
    runId: text,
    sequence: { type: 'integer', minimum: 1 },
    time,
    hash: text,
  }),
  WorkflowList: object({ workflows: listOf(object({ name: text, 'description?': text, document: anyObject })) }),
  ArtifactRef: object({ name: text, mediaType: text, bytes: count, sha256: text }),
  ArtifactList: object({ artifacts: listOf(ref('ArtifactRef')) }),
};

const decision = object({ by: text, at: time, 'reason?': text }, 'Who said so, when and why.');
const letter = {
  sequence: count,
  reason: oneOf(DEAD_LETTER_REASONS),
  message: text,
  at: time,
  by: object({ cell: text, host: text, instance: text }),
  subject: text,
  deliveries: count,
};

const queue: Record<string, Schema> = {
  CapabilityView: object({
    capability: text,
    waiting: object(Object.fromEntries(PRIORITIES.map((priority) => [priority, count]))),
    inHand: count,
    redelivered: count,
    'unserved?': { const: true },
    'paused?': decision,
    'rate?': object({ perSecond: number, burst: count, from: oneOf(['configuration', 'operator']) }),
  }),
  QueueView: object({
    cell: text,
    capabilities: listOf(ref('CapabilityView')),
    streams: listOf(object({ stream: text, messages: count, bytes: count, maxBytes: count })),
  }),
  DeadLetterSummary: object({
    ...letter,
    'capability?': text,
    'runId?': text,
    'step?': text,
    'item?': count,
    'attempt?': count,
  }),
  DeadLetterPage: object(
    { letters: listOf(ref('DeadLetterSummary')), 'next?': count },
    '`next` is `before` of the following page.',
  ),
  DeadLetter: object({
    v: count,
    ...letter,
    original: anyObject,
    'history?': listOf(object({ attempt: count, at: time, by: ref('Performer'), durationMs: number, error: ref('Error') })),
  }),
  Redriven: object({
    runId: text,
    attempts: listOf(object({ step: text, 'item?': count, attempt: count })),
  }),
  Dropped: object({ sequence: count }),
};

const instance = {
  service: oneOf(SERVICES),
  instance: text,
  version: text,
  slot: oneOf(Object.values(Slot)),
  cell: text,
  host: text,
  pid: count,
  startedAt: time,
  'url?': text,
  ports: mapOf(count),
  capabilities: listOf(text),
  labels: mapOf(text),
  health: oneOf(Object.values(HealthStatus)),
  load: object({ cpu: number, rssBytes: number, active: count, capacity: count }),
  'openBreakers?': listOf(text),
};

const fleet: Record<string, Schema> = {
  Instance: object(instance),
  InstanceHealth: object({
    record: ref('Instance'),
    state: oneOf(['up', 'degraded', 'draining', 'lost']),
    lastSeen: time,
    problems: mapOf(text),
  }),
  Source: object({ ok: flag, 'from?': text, 'error?': ref('Error') }, 'Whether a back end of the joined picture answered.'),
  FleetView: object({
    at: time,
    sources: object({ hub: ref('Source'), registry: ref('Source') }),
    cells: listOf(object({ cell: text, reachable: flag, instances: listOf(ref('InstanceHealth')) })),
    'errors?': object({ total: count, lastHour: count }),
  }),
  AgentList: object({
    host: text,
    instance: text,
    slots: object({ total: count, busy: count }),
    agents: listOf(
      object({
        name: text,
        description: text,
        capabilities: listOf(text),
        executor: text,
        'version?': text,
        source: text,
      }),
    ),
  }),
  AgentRoster: object({
    hosts: listOf(ref('AgentList')),
    silent: listOf(object({ instance: text, host: text, error: ref('Error') })),
  }),
  PortList: object({
    ports: listOf(object({ host: text, port: count, instance: text, purpose: text, token: count, at: time })),
    pools: listOf(object({ host: text, pool: text, from: count, to: count, used: count })),
  }),
  ErrorReport: object({
    at: time,
    cell: text,
    host: text,
    service: oneOf(SERVICES),
    instance: text,
    severity: text,
    code: text,
    message: text,
    fingerprint: text,
    'correlationId?': text,
    'runId?': text,
    'agent?': text,
  }),
  ErrorGroups: object({
    groups: listOf(
      object({ fingerprint: text, count, firstAt: time, lastAt: time, last: ref('ErrorReport'), services: listOf(text) }),
    ),
  }),
  TimelineView: object({
    correlationId: text,
    'runId?': text,
    entries: listOf(
      object({ at: time, cell: text, service: text, type: text, summary: text, 'durationMs?': number, data: anything }),
    ),
  }),
};

/** Every reply of the gateway, by name. A spec holds them against typed samples of the contracts. */
export const replySchemas: Record<string, Schema> = {
  Error: object(
    { code: text, message: text, retryable: flag, 'details?': anything },
    '`code` is stable; `message` is for people; `retryable`: the same request can succeed later.',
  ),
  ...runs,
  ...queue,
  ...fleet,
  ...effectSchemas,
  ...recordSchemas,
  ...approvalSchemas,
  ...cellSchemas,
  ...cacheSchemas,
  ...batchSchemas,
  ...operationReplies,
  SearchResult: object({
    hits: listOf(
      object({
        path: text,
        startLine: count,
        endLine: count,
        snippet: text,
        kind: oneOf(['markdown', 'code', 'text']),
        'title?': text,
        score: number,
      }),
    ),
  }),
  ConsoleLink: object({ code: text, url: text, expiresAt: time }),
};
