import type { ErrorBody, Performer, RunSubmitted, Usage } from '@aet/contracts';

/** Begins a run. `inputs` are as given: defaults are filled in when it is decided. */
export interface Submit {
  kind: 'submit';
  runId: string;
  submission: RunSubmitted['data'];
}

interface AttemptEnd {
  step: string;
  item?: number;
  attempt: number;
  by: Performer;
  durationMs: number;
  usage?: Usage;
}
export interface Complete extends AttemptEnd {
  kind: 'complete';
  output: unknown;
}
export interface Fail extends AttemptEnd {
  kind: 'fail';
  error: ErrorBody;
}
/** Ends a run that is over its workflow's `timeout`; changes nothing before. */
export interface Expire {
  kind: 'expire';
}

/** Takes a failed run up again; changes nothing in any other. */
export interface Redrive {
  kind: 'redrive';
  by: string;
  reason?: string;
  letter?: number;
}

/** What someone wants of a run. Never stored: only the events that follow from it are. */
export type RunCommand = Submit | Complete | Fail | Expire | Redrive;
