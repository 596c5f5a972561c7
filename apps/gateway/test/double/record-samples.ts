import type {
  ApprovalPage,
  BatchList,
  CachedDetail,
  CachedList,
  CellConflictList,
  CellsView,
  EffectList,
  SegmentDetails,
  SegmentList,
} from '@aet/contracts';

const at = '2026-11-21T12:00:00.000Z';
const runId = '01890000-0000-7000-8000-000000000001';
const sha256 = 'a'.repeat(64);

export const sampleEffects = (): EffectList => ({
  effects: [{ runId, step: 'deploy', key: 'deploy', attempt: 1, epoch: 1, state: 'claimed', inDoubt: true, claimedAt: at }],
});

const cached = {
  key: sha256,
  filesHash: sha256,
  capability: 'secret-scan',
  workflow: 'review',
  agent: 'security',
  agentVersion: '1',
  from: { runId, step: 'scan', at },
  bytes: 12,
  hits: 3,
  usedAt: at,
  durationMs: 40,
};
export const sampleCached = (): CachedList => ({ results: [cached], total: { results: 1, bytes: 12, maxBytes: 1_000 } });
export const sampleCachedOne = (): CachedDetail => ({ ...cached, files: {}, output: { findings: [] } });

export const sampleCells = (): CellsView => ({
  cell: 'mainpc',
  cells: [{ cell: 'pc2', alive: true, sign: 'gateway', copy: { last: 9, lag: 0, heardMs: 12 } }],
  owners: [{ cell: 'mainpc', status: 'running', runs: 2 }],
});
export const sampleConflicts = (): CellConflictList => ({
  conflicts: [{ runId, from: 'pc2', to: 'mainpc', epoch: 2, sequence: 5, divergent: 1, noticedAt: at }],
});

/** What waits for a decision. */
export const sampleApprovals = (): ApprovalPage => ({
  approvals: [
    { runId, step: 'ship', workflow: 'release', status: 'running', priority: 'normal', text: 'Ship it?', requestedAt: at },
  ],
});

export const sampleBatches = (): BatchList => ({ waiting: 2, batches: [] });

const segment = {
  segment: '20261121T120000-0123abcd',
  state: 'stored' as const,
  createdAt: at,
  runs: 1,
  events: 7,
  bytes: 900,
  sha256,
};
export const sampleSegments = (): SegmentList => ({ segments: [segment] });
export const sampleSegment = (): SegmentDetails => ({
  ...segment,
  pieces: [{ runId, from: 1, to: 7 }],
});
