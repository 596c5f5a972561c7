import type { InstanceHealth, RunStatus, StepStatus } from '@aet/contracts';
import type { Tone } from './badge.js';

export const RUN_TONE: Record<RunStatus, Tone> = {
  scheduled: 'idle',
  running: 'busy',
  paused: 'warn',
  compensating: 'warn',
  completed: 'good',
  failed: 'bad',
  cancelled: 'idle',
};
/** As in the contracts: nothing more happens in it, unless it is taken up again. */
export const isEnded = (status: RunStatus): boolean => status === 'completed' || status === 'failed' || status === 'cancelled';
export const STEP_TONE: Record<StepStatus, Tone> = {
  waiting: 'idle',
  running: 'busy',
  completed: 'good',
  failed: 'bad',
  skipped: 'idle',
};
export const INSTANCE_TONE: Record<InstanceHealth['state'], Tone> = {
  up: 'good',
  degraded: 'warn',
  draining: 'idle',
  lost: 'bad',
};

export const severityTone = (severity: string): Tone =>
  severity === 'critical' || severity === 'high' ? 'bad' : severity === 'medium' ? 'warn' : 'idle';
