import {
  type DiffRuns,
  NotFound,
  type ReplayRun,
  type RunReplayed,
  type RunsDiff,
  RunEventType,
  type RunSubmitted,
  type StoredRunEvent,
  ValidationFailed,
} from '@aet/contracts';
import type { RunLog } from '@aet/persistence';
import { foldAll, PayloadNeeded, type RunState, runView } from '@aet/runs';
import { differencesOf } from '../domain/run-differences.js';
import { replay } from '../domain/run-replay.js';
import { owned } from './operate-run.js';
import type { PayloadTexts } from './ports.js';
import type { RunStore } from './run-store.js';
import type { SubmitRun } from './submit-run.js';

/** What differs between two runs, or between a run and the same run decided again. Reads only. */
export class CompareRuns {
  constructor(
    private readonly store: RunStore,
    private readonly log: RunLog,
    private readonly submit: Pick<SubmitRun, 'resolve'>,
    private readonly payloads: PayloadTexts,
  ) {}

  /** What they were asked, what they did, and how they ended. Times, ids and hosts differ always, and are left out. */
  async diff({ runId, other }: DiffRuns): Promise<RunsDiff> {
    const [before, after] = [await this.read(runId), await this.read(other)];
    return { runs: [summaryOf(before), summaryOf(after)], ...differencesOf(comparable(before), comparable(after)) };
  }

  /** @throws {ValidationFailed | WorkflowInvalid} when the other workflow cannot be run with the run's inputs */
  async replay({ runId, workflow, document }: ReplayRun): Promise<RunReplayed> {
    if (workflow !== undefined && document !== undefined) throw onlyOne();
    const log = await this.log.read(runId);
    const [first] = log;
    if (first?.type !== RunEventType.Submitted)
      throw new NotFound(`run ${runId} is not in this cell's log: look at the list of runs, or ask the cell that accepted it`);
    const other = workflow !== undefined ? { workflow } : document === undefined ? undefined : { document };
    const submitted = other === undefined ? first.data : await this.submitted(first.data, other);
    const replayed = await this.replayed(log, submitted);
    const sides = [log, replayed].map(other === undefined ? storyOf : outcomeOf);
    return { runId, workflow: submitted.workflow.name, events: log.length, ...differencesOf(sides[0], sides[1]) };
  }

  /** The same submit of another workflow: with those of the inputs that it has. */
  private async submitted(
    before: RunSubmitted['data'],
    other: Pick<ReplayRun, 'workflow' | 'document'>,
  ): Promise<RunSubmitted['data']> {
    const { workflow, hash, library } = await this.submit.resolve(other);
    const inputs = Object.entries(before.inputs).filter(([name]) => workflow.inputs?.[name] !== undefined);
    return { ...before, workflow, workflowHash: hash, library, inputs: Object.fromEntries(inputs) };
  }

  /** Large values are loaded as they are asked for. */
  private async replayed(log: readonly StoredRunEvent[], submitted: RunSubmitted['data']): Promise<StoredRunEvent[]> {
    const loaded = new Map<string, unknown>();
    for (;;) {
      try {
        return replay(log, submitted, loaded);
      } catch (error) {
        if (!(error instanceof PayloadNeeded)) throw error;
        loaded.set(error.ref.$payload.sha256, JSON.parse(await this.payloads.load(error.ref)));
      }
    }
  }

  private async read(runId: string): Promise<RunState> {
    const state = await this.store.current(runId);
    return owned(runId, state, state?.cell ?? '');
  }
}

function onlyOne(): ValidationFailed {
  const message = 'give either the name of a workflow or a whole document, or neither';
  return new ValidationFailed(message, [{ path: 'workflow', rule: 'oneOf', message }]);
}

/** Every event, without the moments that a decision adds: they are a little later in a replay. */
const storyOf = (log: readonly StoredRunEvent[]): object => ({
  events: log.map(({ type, data }) => ({ type, data: { ...data, ...MOMENTS } })),
});
const MOMENTS = { notBefore: undefined, until: undefined, expiresAt: undefined, deadline: undefined };

/** What was asked of hosts and sub-runs, and what came of it. */
const outcomeOf = (log: readonly StoredRunEvent[]): object => {
  const state = foldAll(undefined, log);
  const asked = log.flatMap((event): [string, unknown][] => {
    if (event.type === RunEventType.AttemptScheduled) {
      const { capability, agent, input, attempt } = event.data;
      return [[placeOf(event.data), { capability, agent, input, attempts: attempt }]];
    }
    if (event.type !== RunEventType.ChildRequested) return [];
    const { workflow, inputs, attempt } = event.data;
    return [[placeOf(event.data), { workflow, inputs, attempts: attempt }]];
  });
  return { ...(state === undefined ? {} : comparable(state)), asked: Object.fromEntries(asked) };
};

const placeOf = ({ step, item }: { step: string; item?: number }): string => (item === undefined ? step : `${step}#${item}`);

const comparable = (state: RunState): object => ({
  workflow: state.workflow,
  inputs: state.inputs,
  priority: state.priority,
  status: state.status,
  output: state.output,
  error: state.error,
  steps: Object.fromEntries(
    Object.entries(state.steps).map(([name, { status, output, error, fan }]) => [
      name,
      { status, output, error, items: fan?.items },
    ]),
  ),
});

function summaryOf(state: RunState): RunsDiff['runs'][number] {
  const { inputs: _inputs, steps: _steps, output: _output, durability: _durability, ...summary } = runView(state);
  return summary;
}
