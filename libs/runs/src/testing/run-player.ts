import { AetError, isRunEnded, type RunEvent, type StoredRunEvent, type WorkflowDocument } from '@aet/contracts';
import { nextTickAt } from '../run/due.js';
import type { RunState, TaskState } from '../run/run-state.js';
import type { RunCommand } from '../run/run.commands.js';
import { decide } from '../run/run.decide.js';
import { isOpenStep, tasksOf } from '../run/step-state.js';
import { BY, boom, RunSimulator, stored } from './run-simulator.js';

const OPERATOR = { by: 'anna' };

/** What can come to a run from outside. */
export const COMMON_WORDS = ['done', 'failed', 'hopeless', 'save', 'tick', 'signal', 'approve', 'reject'] as const;
export const RARE_WORDS = ['pause', 'resume', 'cancel', 'redrive', 'prioritize', 'adopt'] as const;
export type Word = (typeof COMMON_WORDS)[number] | (typeof RARE_WORDS)[number];
/** The number says which of all that the word could be about. */
export type Move = readonly [number, Word];

/** An attempt whose result is awaited. */
export interface Open extends Pick<TaskState, 'item' | 'attempt' | 'childRunId'> {
  step: string;
}
export const openTasks = (state: RunState): Open[] =>
  Object.entries(state.steps).flatMap(([step, it]) =>
    isOpenStep(state, step)
      ? Array.from(tasksOf(it)).flatMap(({ status, item, attempt, childRunId }) =>
          status === 'running'
            ? [{ step, attempt, ...(item === undefined ? {} : { item }), ...(childRunId === undefined ? {} : { childRunId }) }]
            : [],
        )
      : [],
  );

/** The command that a word means in a run that stands so. The same signal may come twice. */
export function commandOf(state: RunState, [pick, word]: Move): RunCommand | undefined {
  const open = openTasks(state);
  const task = open[pick % Math.max(1, open.length)];
  const asking = Object.entries(state.steps).filter(
    ([, { status, approval: asked }]) => status === 'running' && asked !== undefined,
  );
  switch (word) {
    case 'done':
    case 'failed':
    case 'hopeless':
      return task === undefined ? undefined : ended(task, word);
    case 'save':
      return task === undefined || task.childRunId !== undefined ? undefined : { kind: 'save', ...task, by: BY, saved: pick };
    case 'approve':
    case 'reject':
      return asking.length === 0
        ? undefined
        : { kind: 'decide', step: asking[pick % asking.length]?.[0] ?? '', approved: word === 'approve', ...OPERATOR };
    case 'signal':
      return { kind: 'signal', name: 's', id: `${pick % 6}`, payload: pick, by: 'anna' };
    case 'prioritize':
      return { kind: 'prioritize', priority: pick % 2 === 0 ? 'high' : 'low', ...OPERATOR };
    case 'adopt':
      return { kind: 'adopt', cell: `c${pick % 3}`, epoch: 1 + (pick % 9), ...OPERATOR };
    default:
      return { kind: word, ...OPERATOR };
  }
}

function ended({ childRunId, ...task }: Open, word: 'done' | 'failed' | 'hopeless'): RunCommand {
  const error = boom(word === 'failed');
  if (childRunId !== undefined) {
    const end = word === 'done' ? ({ status: 'completed', output: 'child' } as const) : ({ status: 'failed', error } as const);
    return { kind: 'end-child', ...task, childRunId, end };
  }
  const end = { ...task, by: BY, durationMs: 1 };
  return word === 'done'
    ? { kind: 'complete', ...end, output: `${task.step}#${task.item ?? ''}` }
    : { kind: 'fail', ...end, error };
}

/** A refusal is an answer to an operator: it changes nothing. */
export function decided(state: RunState | undefined, command: RunCommand, now: Date): RunEvent[] {
  try {
    return decide(state, command, { now, random: () => 0.5 });
  } catch (error) {
    if (error instanceof AetError) return [];
    throw error;
  }
}

/** Plays moves, and keeps what each one led to. */
export class RunPlayer {
  readonly run: RunSimulator;
  readonly steps: { before: RunState; events: StoredRunEvent[]; after: RunState }[] = [];

  constructor(document: WorkflowDocument, values: Record<string, unknown>) {
    this.run = new RunSimulator(document, values, { library: {} });
  }

  move(next: Move): void {
    const before = this.run.state;
    if (next[1] === 'tick') this.run.now = new Date(nextTickAt(before) ?? this.run.now.getTime() + 1_000);
    const command = commandOf(before, next);
    if (command === undefined) return;
    const events = stored(decided(before, command, this.run.now), before.sequence, this.run.now);
    this.run.log.push(...events);
    this.steps.push({ before, events, after: this.run.state });
  }

  /** Everybody answers well from here on. */
  finish(): this {
    const helpful: Word[] = ['resume', 'done', 'signal', 'approve', 'tick'];
    for (let turn = 0; turn < 2_000 && !isRunEnded(this.run.state.status); turn++)
      this.move([turn % helpful.length === 2 ? 1_000 + turn * 6 + (turn % 6) : turn, helpful[turn % helpful.length] ?? 'done']);
    return this;
  }
}
