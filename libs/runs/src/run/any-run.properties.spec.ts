import { attemptId, isRunEnded, RunStatus, type StoredRunEvent, type WorkflowDocument, type WorkflowStep } from '@aet/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkWorkflow } from '../language/check-workflow.js';
import { waitsFor } from '../language/step-graph.js';
import {
  COMMON_WORDS,
  commandOf,
  decided,
  type Move,
  openTasks,
  RARE_WORDS,
  RunPlayer,
  type Word,
} from '../testing/run-player.js';
import { RUN, START, stored, submission, workflow } from '../testing/run-simulator.js';
import { nextTickAt } from './due.js';
import type { RunState, StepState } from './run-state.js';
import { decide } from './run.decide.js';
import { fold, foldAll } from './run.fold.js';
import { hasEnded, hasGivenUp, isPassed, tasksOf } from './step-state.js';

const LENGTH = 7;
const retry = fc.integer({ min: 1, max: 3 }).map((attempts) => ({ attempts }));
const share = fc.constantFrom(undefined, 1, 2, '50%');
const given = (values: object): object => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

const map = fc
  .record({
    concurrency: fc.constantFrom(undefined, 1, 3),
    quorum: share,
    tolerate: share,
    collect: fc.constantFrom(undefined, 'length(items)'),
  })
  .map((more) => ({ over: 'inputs.list', ...given(more) }));
const compensate = fc.constantFrom({ task: 'undo', with: { of: '${{ output }}' }, retry: { attempts: 2 } });
const doing = fc
  .record({
    what: fc.constantFrom({ task: 'work' }, { workflow: 'child' }),
    retry,
    map: fc.option(map, { nil: undefined }),
    compensate,
  })
  .map(({ what, ...more }) => ({ ...what, with: { seen: '${{ steps }}' }, ...given(more) }));
const waiting = fc.constantFrom(
  { for: '1m' },
  { until: '2026-01-01T00:10:00Z' },
  { signal: 's' },
  { signal: 's', timeout: '2m' },
);
const approval = fc.constantFrom({}, { approvers: ['anna'], timeout: '3m' }, { timeout: '3m', onTimeout: 'approve' });

/** A step waits for any with a lower number, and a branch leads to any with a higher one; the file's order is another. */
const stepArbitrary = (number: number): fc.Arbitrary<WorkflowStep> => {
  const higher = Array.from({ length: LENGTH - number - 1 }, (_, i) => `s${number + i + 1}`);
  const branch = fc
    .tuple(
      fc.subarray(higher, { minLength: Math.min(1, higher.length) }),
      fc.subarray(higher, { minLength: Math.min(1, higher.length) }),
    )
    .map(([yes, no]) => [{ when: 'inputs.flag', then: yes }, { then: no }]);
  const kinds: fc.Arbitrary<object>[] = [
    doing,
    waiting.map((wait) => ({ wait })),
    approval.map((asked) => ({ approval: asked })),
    fc.constant({ checkpoint: '${{ steps }}' }),
    ...(higher.length > 0 ? [branch.map((cases) => ({ branch: cases }))] : []),
  ];
  return fc
    .record({
      needs: fc.subarray(Array.from({ length: number }, (_, i) => `s${i}`)),
      when: fc.constantFrom(undefined, undefined, 'inputs.flag', '!(inputs.flag)'),
      continueOnError: fc.boolean(),
      kind: fc.oneof({ arbitrary: doing, weight: 3 }, ...kinds),
    })
    .map(({ kind, ...more }) => ({ ...kind, ...given(more) }) as WorkflowStep);
};

const documents: fc.Arbitrary<WorkflowDocument> = fc
  .tuple(...Array.from({ length: LENGTH }, (_, i) => stepArbitrary(i).map((step) => [`s${i}`, step] as const)))
  .chain((steps) => fc.shuffledSubarray([...steps], { minLength: steps.length, maxLength: steps.length }))
  .map((steps) => workflow(Object.fromEntries(steps), { inputs: { list: { type: 'array' }, flag: { type: 'boolean' } } }));
const inputs = fc.record({ list: fc.array(fc.integer({ max: 9 }), { maxLength: 4 }), flag: fc.boolean() });

const move = fc.tuple(
  fc.nat(),
  fc.oneof(
    { arbitrary: fc.constantFrom<Word>('done', 'done', 'done', 'done', ...COMMON_WORDS), weight: 7 },
    fc.constantFrom<Word>(...RARE_WORDS),
  ),
);
const moves = fc.array(move, { maxLength: 50, size: 'max' });

const played = (document: WorkflowDocument, values: Record<string, unknown>, how: readonly Move[]): RunPlayer => {
  const player = new RunPlayer(document, values);
  for (const next of how) player.move(next);
  return player;
};

const property = (check: (player: RunPlayer, document: WorkflowDocument) => void, numRuns = 150): void =>
  fc.assert(
    fc.property(documents, inputs, moves, (document, values, how) => check(played(document, values, how), document)),
    { numRuns },
  );

const BEGINNINGS: ReadonlySet<string> = new Set([
  'step.expanded',
  'branch.taken',
  'checkpoint.reached',
  'wait.begun',
  'approval.requested',
  'child.requested',
  'attempt.scheduled',
]);

describe('any run of any steps', () => {
  it('is made from a valid workflow', () =>
    fc.assert(
      fc.property(documents, (document) => {
        expect(checkWorkflow(document)).toEqual([]);
      }),
    ));

  it('ends when everybody answers, with every step ended unless it failed or was cancelled', () =>
    property((player) => {
      const { state } = player.finish().run;
      expect(isRunEnded(state.status)).toBe(true);
      const isOver = Object.values(state.steps).every(({ status }) => status !== 'waiting' && status !== 'running');
      expect(isOver || state.status !== RunStatus.Completed).toBe(true);
    }));

  it('begins no step before all that it waits for, nothing while it is paused, and nothing after its end', () =>
    property((player) => {
      const { log } = player.finish().run;
      let state = foldAll(undefined, log.slice(0, 1)) as RunState;
      const breaches: string[] = [];
      for (const event of log.slice(1)) {
        if (isEarly(state, event) || isLate(state, event)) breaches.push(`${event.sequence}: ${event.type}`);
        state = fold(state, event);
      }
      expect(breaches).toEqual([]);
    }));

  it('has one state, however its log is cut, doubled or read again from anywhere', () =>
    fc.assert(
      fc.property(documents, inputs, moves, fc.array(fc.nat(), { maxLength: 60 }), (document, values, how, cuts) => {
        const { log, state } = played(document, values, how).finish().run;
        let replica: RunState | undefined;
        for (const cut of cuts) {
          const from = cut % ((replica?.sequence ?? 0) + 1);
          replica = foldAll(replica, log.slice(from, from + 1 + (cut % 9)));
          expect(replica).toEqual(foldAll(undefined, log.slice(0, replica?.sequence)));
        }
        expect(foldAll(replica, log)).toEqual(state);
        expect(log.reduce<RunState | undefined>(fold, undefined)).toEqual(state);
        expect(foldAll(structuredClone(replica), log)).toEqual(state);
      }),
      { numRuns: 80 },
    ));

  it('is the same for two replicas that decide on what they know: the first wins, the other reads and decides again', () =>
    fc.assert(
      fc.property(documents, inputs, moves, (document, values, how) => {
        const circumstances = { now: START, random: () => 0.5 };
        const log = stored(
          decide(undefined, { kind: 'submit', runId: RUN, submission: submission(document, values) }, circumstances),
        );
        const replicas: (RunState | undefined)[] = [undefined, undefined];
        for (const next of how) {
          const command = commandOf(foldAll(undefined, log) as RunState, next);
          if (command === undefined) continue;
          for (const which of next[0] % 2 === 0 ? [0, 1] : [1, 0]) {
            const known: RunState | undefined = replicas[which];
            const events = stored(decided(known, command, START), known?.sequence ?? 0);
            // It appends after what it knows, or is told that another was first.
            const isFirst = known?.sequence === log.length;
            const state = isFirst ? known : foldAll(known, log.slice(known?.sequence ?? 0));
            const written = isFirst ? events : stored(decided(state, command, START), state?.sequence ?? 0);
            log.push(...written);
            replicas[which] = foldAll(state, written);
          }
        }
        const [left, right] = replicas.map((known) => foldAll(known, log.slice(known?.sequence ?? 0)));
        expect(left).toEqual(right);
        expect(left ?? foldAll(undefined, log)).toEqual(foldAll(undefined, log));
        expect(doubled(log)).toEqual([]);
      }),
      { numRuns: 150 },
    ));

  it('schedules each attempt once, and ends each at most once', () =>
    property((player) => {
      expect(doubled(player.finish().run.log)).toEqual([]);
    }));

  it('is decided the same way every time, without a change to the state that it was given', () =>
    fc.assert(
      fc.property(documents, inputs, moves, move, (document, values, how, last) => {
        const { state } = played(document, values, how).run;
        const before = structuredClone(state);
        const command = commandOf(state, last);
        if (command === undefined) return;
        const once = decided(state, command, START);
        expect(state).toEqual(before);
        expect(decided(before, command, START)).toEqual(once);
      }),
      { numRuns: 200 },
    ));

  it('changes with a tick when one is due, and not before', () =>
    property(({ steps }) => {
      const isWrong = steps.map(({ after }) => {
        const at = nextTickAt(after);
        const changesAt = (ms: number): boolean => decided(after, { kind: 'tick' }, new Date(ms)).length > 0;
        return at !== undefined && (changesAt(at - 1) || !changesAt(at));
      });
      expect(isWrong).not.toContain(true);
    }));
});

describe('a fan-out of any run', () => {
  it('never has more in hand than its concurrency, and ends with its quorum or over its tolerance', () =>
    property((player, document) => {
      const breaches = player
        .finish()
        .steps.flatMap(({ after }) =>
          Object.entries(after.steps).flatMap(([name, step]) => fanOutBreaches(after, step, document.steps[name])),
        );
      expect(breaches).toEqual([]);
    }));
});

describe('the compensation of any run', () => {
  it('undoes every completed step that says how, the last completed first, one after the other', () =>
    property((player) => {
      const { log, state } = player.finish().run;
      const undone = log.flatMap(({ type, data }) =>
        type === 'attempt.scheduled' && data.step.endsWith('~undo') && data.attempt === 1 ? [data.step.slice(0, -5)] : [],
      );
      const completed = Object.entries(state.steps)
        .filter(([name, { status }]) => status === 'completed' && state.workflow.steps[name]?.compensate !== undefined)
        .toSorted(([, a], [, b]) => (b.endedWith ?? 0) - (a.endedWith ?? 0))
        .map(([name]) => name);
      expect(undone).toEqual(state.status === RunStatus.Completed ? [] : completed);
      const inHand = player.steps
        .filter(({ after }) => after.status === RunStatus.Compensating)
        .map(({ after }) => openTasks(after).map(({ step }) => step));
      expect(inHand.filter((steps) => steps.length !== 1 || !steps[0]?.endsWith('~undo'))).toEqual([]);
    }));
});

/** Something begins that may not yet. */
function isEarly(state: RunState, { type, data }: StoredRunEvent): boolean {
  if (!BEGINNINGS.has(type) || !('step' in data) || data.step === undefined) return false;
  const isHeld = state.status !== RunStatus.Running && state.status !== RunStatus.Compensating;
  return isHeld || !waitsFor(state.workflow, data.step).every((need) => isPassed(state, need));
}

const isLate = ({ status }: RunState, { type }: StoredRunEvent): boolean =>
  isRunEnded(status) && type !== 'run.redriven' && type !== 'run.adopted';

function fanOutBreaches(state: RunState, step: StepState, declared: WorkflowStep | undefined): string[] {
  const { fan, counts, status } = step;
  if (fan === undefined) return [];
  const tasks = Array.from(tasksOf(step));
  const running = tasks.filter((task) => task.status === 'running').length;
  const completed = counts.done - counts.givenUp;
  const quorum = fan.quorum ?? Infinity;
  const rules: Record<string, boolean> = {
    'the counts are those of the tasks':
      counts.done === tasks.filter(hasEnded).length && counts.givenUp === tasks.filter(hasGivenUp).length,
    'no more than its concurrency': running <= (declared?.map?.concurrency ?? 256),
    'completed with its quorum, or by all': status !== 'completed' || completed >= quorum || counts.done === fan.items,
    'failed over its tolerance': status !== 'failed' || counts.givenUp > (fan.tolerate ?? 0),
    'ends with its quorum': status !== 'running' || state.status !== RunStatus.Running || completed < quorum,
  };
  return Object.entries(rules).flatMap(([rule, holds]) => (holds ? [] : [rule]));
}

/** Attempts that stand in the log twice, as scheduled or as ended. */
function doubled(log: readonly StoredRunEvent[]): string[] {
  const seen = new Set<string>();
  return log.flatMap((event) => {
    const ref = event.data as { step?: string; attempt?: number; item?: number };
    if (ref.attempt === undefined || event.type === 'attempt.saved') return [];
    const isBegin = event.type === 'attempt.scheduled' || event.type === 'child.requested';
    const id = `${isBegin ? 'begun' : 'ended'} ${attemptId({ runId: RUN, step: ref.step ?? '', attempt: ref.attempt, ...(ref.item === undefined ? {} : { item: ref.item }) })}`;
    return seen.size === seen.add(id).size ? [id] : [];
  });
}
