import { type DtoClass, ListDeadLetters, ListPorts, ListRuns, RecentErrors, RunId, SubmitRun, Timeline } from '@aet/contracts';
import {
  ArtifactPath,
  PayloadPath,
  CapabilityPath,
  DropQuery,
  FollowQuery,
  KnowledgeQuery,
  LetterPath,
  OperatorWord,
  RateWord,
} from '../queries.js';
import { APPROVAL_ROUTES } from './approvals.js';
import { CELL_ROUTES } from './cells.js';
import { BATCH_ROUTES } from './batches.js';
import { EFFECT_ROUTES } from './effects.js';
import { RECORD_ROUTES } from './record.js';
import { CACHE_ROUTES } from './result-cache.js';
import { OPERATION_ROUTES } from './operation-routes.js';

export interface RouteDoc {
  method: 'get' | 'post' | 'put' | 'delete';
  /** As OpenAPI writes it. */
  path: string;
  id: string;
  tag: 'runs' | 'schedules' | 'effects' | 'record' | 'cells' | 'cache' | 'batches' | 'queue' | 'fleet' | 'knowledge' | 'console';
  summary: string;
  pathClass?: DtoClass<object>;
  query?: DtoClass<object>;
  body?: DtoClass<object>;
  /** Media type of a body that is no JSON. */
  bodyType?: string;
  headers?: Record<string, string>;
  status: number;
  /** A name in `replySchemas`, or a media type when the reply is no JSON. */
  reply?: string | { mediaType: string };
  /** Statuses of refusals besides 401, 429, 500 and 503. */
  refusals: number[];
  /** `token`: not with a session. */
  proof?: 'token';
}

/** The routes under `/v1`. A spec holds the list against the controllers. */
export const ROUTES: readonly RouteDoc[] = [
  ...OPERATION_ROUTES,
  {
    method: 'post',
    path: '/v1/runs',
    id: 'submitRun',
    tag: 'runs',
    summary: 'Accepts a run; the reply comes after its events are committed.',
    body: SubmitRun,
    status: 202,
    reply: 'RunAccepted',
    refusals: [400, 413, 422, 504],
  },
  {
    method: 'get',
    path: '/v1/runs',
    id: 'listRuns',
    tag: 'runs',
    summary: 'Runs, newest first.',
    query: ListRuns,
    status: 200,
    reply: 'RunPage',
    refusals: [400, 504],
  },
  {
    method: 'get',
    path: '/v1/runs/{runId}',
    id: 'getRun',
    tag: 'runs',
    summary: 'A run with its steps, folded from the log.',
    pathClass: RunId,
    status: 200,
    reply: 'RunView',
    refusals: [400, 404, 504],
  },
  {
    method: 'get',
    path: '/v1/runs/{runId}/events',
    id: 'followRun',
    tag: 'runs',
    summary:
      "Server-sent events: the run's log from a place on, then live, with progress between, to the run's end. " +
      'Events `run` (a RunEvent; its sequence is the id), `progress`, `skipped` (progress that a slow reader missed), ' +
      '`trouble` (an Error; the stream goes on), `end` (the last status). Comments while it is quiet.',
    pathClass: RunId,
    query: FollowQuery,
    headers: { 'Last-Event-ID': 'Id of the last `run` event seen; wins over `after`.' },
    status: 200,
    reply: { mediaType: 'text/event-stream' },
    refusals: [400, 404, 504],
  },
  {
    method: 'get',
    path: '/v1/runs/{runId}/artifacts',
    id: 'listArtifacts',
    tag: 'runs',
    summary: 'What the run left behind, such as its report.',
    pathClass: RunId,
    status: 200,
    reply: 'ArtifactList',
    refusals: [400],
  },
  {
    method: 'get',
    path: '/v1/runs/{runId}/artifacts/{name}',
    id: 'getArtifact',
    tag: 'runs',
    summary: 'The content of an artifact. Markdown, plain text and JSON as such; all else as a file to save.',
    pathClass: ArtifactPath,
    status: 200,
    reply: { mediaType: '*/*' },
    refusals: [400, 404],
  },
  {
    method: 'get',
    path: '/v1/runs/{runId}/payloads/{sha256}',
    id: 'getPayload',
    tag: 'runs',
    summary: 'A value of the run that is too large for its events: what a reference `{"$payload": …}` stands for, as JSON.',
    pathClass: PayloadPath,
    status: 200,
    reply: { mediaType: 'application/json' },
    refusals: [400, 404],
  },
  {
    method: 'get',
    path: '/v1/workflows',
    id: 'listWorkflows',
    tag: 'runs',
    summary: 'The workflows that can be submitted by name.',
    status: 200,
    reply: 'WorkflowList',
    refusals: [504],
  },
  {
    method: 'get',
    path: '/v1/queue',
    id: 'listQueue',
    tag: 'queue',
    summary: 'What waits, is in hand, is paused or limited, by capability; how full the streams of work are.',
    status: 200,
    reply: 'QueueView',
    refusals: [504],
  },
  {
    method: 'post',
    path: '/v1/queue/{capability}/pause',
    id: 'pauseCapability',
    tag: 'queue',
    summary: 'Nothing new of the capability is taken on any host of the cell; what runs is finished.',
    pathClass: CapabilityPath,
    body: OperatorWord,
    status: 200,
    reply: 'CapabilityView',
    refusals: [400, 504],
  },
  {
    method: 'post',
    path: '/v1/queue/{capability}/resume',
    id: 'resumeCapability',
    tag: 'queue',
    summary: 'The capability goes on.',
    pathClass: CapabilityPath,
    body: OperatorWord,
    status: 200,
    reply: 'CapabilityView',
    refusals: [400, 504],
  },
  {
    method: 'put',
    path: '/v1/queue/{capability}/rate',
    id: 'setRate',
    tag: 'queue',
    summary: 'How many tasks of the capability may begin, on all hosts of the cell together.',
    pathClass: CapabilityPath,
    body: RateWord,
    status: 200,
    reply: 'CapabilityView',
    refusals: [400, 504],
  },
  {
    method: 'get',
    path: '/v1/dlq',
    id: 'listDeadLetters',
    tag: 'queue',
    summary: 'Dead letters, newest first.',
    query: ListDeadLetters,
    status: 200,
    reply: 'DeadLetterPage',
    refusals: [400, 504],
  },
  {
    method: 'get',
    path: '/v1/dlq/{sequence}',
    id: 'getDeadLetter',
    tag: 'queue',
    summary: 'A dead letter with its task and what was tried.',
    pathClass: LetterPath,
    status: 200,
    reply: 'DeadLetter',
    refusals: [400, 404, 504],
  },
  {
    method: 'post',
    path: '/v1/dlq/{sequence}/retry',
    id: 'retryDeadLetter',
    tag: 'queue',
    summary: "Takes the letter's run up again: its tasks that had given up get another attempt.",
    pathClass: LetterPath,
    body: OperatorWord,
    status: 200,
    reply: 'Redriven',
    refusals: [400, 404, 409, 504],
  },
  {
    method: 'delete',
    path: '/v1/dlq/{sequence}',
    id: 'dropDeadLetter',
    tag: 'queue',
    summary: 'Removes a dead letter; who did it and why is recorded.',
    pathClass: LetterPath,
    query: DropQuery,
    status: 200,
    reply: 'Dropped',
    refusals: [400, 404, 504],
  },
  {
    method: 'get',
    path: '/v1/fleet',
    id: 'getFleet',
    tag: 'fleet',
    summary:
      'Every instance of every cell: leases joined with health. One of the two sources is enough; `sources` says which answered.',
    status: 200,
    reply: 'FleetView',
    refusals: [504],
  },
  {
    method: 'get',
    path: '/v1/agents',
    id: 'listAgents',
    tag: 'fleet',
    summary: 'The agents of every host, and the hosts that did not answer.',
    status: 200,
    reply: 'AgentRoster',
    refusals: [504],
  },
  {
    method: 'get',
    path: '/v1/ports',
    id: 'listPorts',
    tag: 'fleet',
    summary: 'Ports that are held, and how full the pools are.',
    query: ListPorts,
    status: 200,
    reply: 'PortList',
    refusals: [400, 504],
  },
  {
    method: 'get',
    path: '/v1/errors',
    id: 'listErrors',
    tag: 'fleet',
    summary: 'Errors of the fleet, grouped by fingerprint.',
    query: RecentErrors,
    status: 200,
    reply: 'ErrorGroups',
    refusals: [400, 504],
  },
  {
    method: 'get',
    path: '/v1/timelines/{id}',
    id: 'getTimeline',
    tag: 'fleet',
    summary: 'What happened under one correlation id or run id, in order.',
    pathClass: Timeline,
    status: 200,
    reply: 'TimelineView',
    refusals: [400, 404, 504],
  },
  {
    method: 'get',
    path: '/v1/knowledge/search',
    id: 'searchKnowledge',
    tag: 'knowledge',
    summary: "Searches a project's knowledge; hits cite file and lines.",
    query: KnowledgeQuery,
    status: 200,
    reply: 'SearchResult',
    refusals: [400, 504],
  },
  {
    method: 'post',
    path: '/v1/console-sessions',
    id: 'createConsoleLink',
    tag: 'console',
    summary: 'A link into the console that works once, for ten minutes.',
    status: 201,
    reply: 'ConsoleLink',
    refusals: [403],
    proof: 'token',
  },
  {
    method: 'delete',
    path: '/v1/console-sessions',
    id: 'endConsoleSession',
    tag: 'console',
    summary: 'Signs this browser out of the console.',
    status: 204,
    refusals: [403],
  },
  ...EFFECT_ROUTES,
  ...RECORD_ROUTES,
  ...APPROVAL_ROUTES,
  ...CELL_ROUTES,
  ...CACHE_ROUTES,
  ...BATCH_ROUTES,
];
