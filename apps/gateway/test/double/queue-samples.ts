import type { CapabilityView, DeadLetterSummary, QueueView, StoredDeadLetter } from '@aet/contracts';

export const sampleCapability = (capability: string): CapabilityView => ({
  capability,
  waiting: { critical: 0, high: 0, normal: 3, low: 1 },
  inHand: 2,
  redelivered: 0,
});

export const sampleQueue = (): QueueView => ({
  cell: 'mainpc',
  capabilities: [
    { ...sampleCapability('secret-scan'), rate: { perSecond: 5, burst: 5, from: 'configuration' } },
    { ...sampleCapability('test-runner'), paused: { by: 'anna', at: '2026-11-21T12:00:00.000Z', reason: 'the disk is full' } },
  ],
  streams: [{ stream: 'TASKS', messages: 6, bytes: 1_320, maxBytes: 536_870_912 }],
});

const by = { cell: 'mainpc', host: 'mainpc', instance: 'agent-main0000' };

export const sampleLetter = (): StoredDeadLetter => ({
  v: 1,
  sequence: 17,
  reason: 'attempts-exhausted',
  message: 'step "range" failed in all of its 2 attempts',
  at: '2026-11-21T12:00:00.000Z',
  by,
  subject: 'aet.default.task.mainpc.normal.git-range',
  deliveries: 2,
  original: { json: { step: 'range' } },
  history: [1, 2].map((attempt) => ({
    attempt,
    at: '2026-11-21T12:00:00.000Z',
    by: { ...by, agent: 'integrator' },
    durationMs: 12,
    error: { code: 'ATTEMPT_FAILED', message: 'no such repository', retryable: true },
  })),
});

export function sampleLetterSummary(): DeadLetterSummary {
  const { original: _original, v: _v, history: _history, ...summary } = sampleLetter();
  return { ...summary, capability: 'git-range', runId: '01890000-0000-7000-8000-000000000001', step: 'range', attempt: 2 };
}
