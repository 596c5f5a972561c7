/**
 * What can stand in a run's log. A run's state is the fold of these and of nothing else; a wish (a command) never stands here.
 * Adding a type or an optional field is compatible. Changing a meaning needs a new version of the type: see `docs/workflows.md`, "Versions of events".
 */
export const RunEventType = {
  Submitted: 'run.submitted',
  Started: 'run.started',
  Paused: 'run.paused',
  Resumed: 'run.resumed',
  Prioritized: 'run.prioritized',
  Compensating: 'run.compensating',
  Adopted: 'run.adopted',
  Completed: 'run.completed',
  Failed: 'run.failed',
  Cancelled: 'run.cancelled',
  Redriven: 'run.redriven',
  SignalReceived: 'signal.received',
  StepKept: 'step.kept',
  StepExpanded: 'step.expanded',
  StepSkipped: 'step.skipped',
  StepConcluded: 'step.concluded',
  StepCollected: 'step.collected',
  StepFailed: 'step.failed',
  BranchTaken: 'branch.taken',
  CheckpointReached: 'checkpoint.reached',
  WaitBegun: 'wait.begun',
  WaitEnded: 'wait.ended',
  ApprovalRequested: 'approval.requested',
  ApprovalDecided: 'approval.decided',
  ChildRequested: 'child.requested',
  ChildEnded: 'child.ended',
  AttemptScheduled: 'attempt.scheduled',
  AttemptSaved: 'attempt.saved',
  AttemptCompleted: 'attempt.completed',
  AttemptFailed: 'attempt.failed',
} as const;
export type RunEventType = (typeof RunEventType)[keyof typeof RunEventType];
