import { RunStatus, type StoredRunEvent, UnsupportedVersion, type WorkflowDocument, type WorkflowStep } from '@aet/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BY, boom, openAttempts, RUN, RunSimulator, START, stored, submission, workflow } from '../testing/run-simulator.js';
import { checkWorkflow } from '../language/check-workflow.js';
import type { RunState } from './run-state.js';
import type { RunCommand } from './run.commands.js';
import { decide } from './run.decide.js';
import { fold, foldAll } from './run.fold.js';
import { hasEnded, hasGivenUp, tasksOf } from './step-state.js';

/** A step may need any step with a lower number; the file's order is another one. */
const stepArbitrary = (number: number): fc.Arbitrary<WorkflowStep> =>
  fc
    .record({
      needs: fc.subarray(Array.from({ length: number }, (_, i) => `s${i}`)),
      map: fc.boolean(),
      concurrency: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      when: fc.constantFrom(undefined, 'inputs.flag', '!(inputs.flag)'),
      continueOnError: fc.boolean(),
      attempts: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ needs, map, concurrency, when, continueOnError, attempts }) => ({
      task: 'work',
      needs,
      continueOnError,
      retry: { attempts },
      with: { seen: '${{ steps }}' },
      ...(map ? { map: { over: 'inputs.list', ...(concurrency === undefined ? {} : { concurrency }) } } : {}),
      ...(when === undefined ? {} : { when }),
    }));

const workflowArbitrary: fc.Arbitrary<WorkflowDocument> = fc
  .integer({ min: 1, max: 6 })
  .chain((length) => fc.tuple(...Array.from({ length }, (_, i) => stepArbitrary(i).map((step) => [`s${i}`, step] as const))))
  .chain((steps) => fc.shuffledSubarray([...steps], { minLength: steps.length, maxLength: steps.length }))
  .map((steps) => workflow(Object.fromEntries(steps), { inputs: { list: { type: 'array' }, flag: { type: 'boolean' } } }));

const inputsArbitrary = fc.record({ list: fc.array(fc.integer(), { maxLength: 5 }), flag: fc.boolean() });
const outcome = fc.constantFrom('done', 'failed', 'hopeless');
/** Which of the open attempts ends next, and how. Endless, so that any run can end. */
const play = fc.infiniteStream(fc.tuple(fc.nat(), outcome));

type Play = fc.Stream<readonly [number, 'done' | 'failed' | 'hopeless']>;

function commandFor(open: string, how: 'done' | 'failed' | 'hopeless'): RunCommand {
  const [, step = '', item, attempt = '1'] = /^(\w+)(?:#(\d+))?:(\d+)$/.exec(open) ?? [];
  const at = { step, ...(item === undefined ? {} : { item: Number(item) }), attempt: Number(attempt), by: BY, durationMs: 1 };
  return how === 'done'
    ? { kind: 'complete', ...at, output: { by: open } }
    : { kind: 'fail', ...at, error: boom(how === 'failed') };
}

function playToEnd(
  document: WorkflowDocument,
  inputs: Record<string, unknown>,
  moves: Play,
  watch: (run: RunSimulator) => void = () => undefined,
) {
  const run = new RunSimulator(document, inputs);
  watch(run);
  for (const [pick, how] of moves) {
    const open = run.open;
    if (run.state.status !== RunStatus.Running || open.length === 0) break;
    run.send(commandFor(open[pick % open.length] ?? '', how));
    watch(run);
  }
  return run;
}

const property = (check: (document: WorkflowDocument, inputs: Record<string, unknown>, moves: Play) => void) =>
  fc.assert(fc.property(workflowArbitrary, inputsArbitrary, play, check), { numRuns: 200 });

describe('any run', () => {
  it('is made from a valid workflow', () =>
    fc.assert(
      fc.property(workflowArbitrary, (document) => {
        expect(checkWorkflow(document)).toEqual([]);
      }),
    ));

  it('ends when all its tasks get results, and every step has ended unless it failed', () =>
    property((document, inputs, moves) => {
      const { state } = playToEnd(document, inputs, moves);
      expect(state.status).not.toBe(RunStatus.Running);
      const ended = ['completed', 'skipped', 'failed'];
      const allEnded = Object.values(state.steps).every((step) => ended.includes(step.status));
      expect(allEnded || state.status === RunStatus.Failed).toBe(true);
    }));

  it('never schedules a step before its needs, more than its concurrency, or more attempts than allowed', () =>
    property((document, inputs, moves) => {
      playToEnd(document, inputs, moves, ({ state }) => {
        for (const [name, step] of Object.entries(state.steps)) {
          const declared = document.steps[name];
          if (declared === undefined) throw new Error(`no step ${name}`);
          const tasks = Array.from(tasksOf(step));
          expect(tasks.length === 0 || (declared.needs ?? []).every((need) => isPassed(state, need))).toBe(true);
          expect(step.counts).toEqual({ done: tasks.filter(hasEnded).length, givenUp: tasks.filter(hasGivenUp).length });
          expect(tasks.filter((task) => !hasEnded(task)).length).toBeLessThanOrEqual(
            declared.map === undefined ? 1 : (declared.map.concurrency ?? 256),
          );
          for (const task of tasks) expect(task.attempt).toBeLessThanOrEqual(declared.retry?.attempts ?? 3);
        }
      });
    }));

  it('has one state, however its log is cut, doubled or read again from anywhere', () =>
    fc.assert(
      fc.property(workflowArbitrary, inputsArbitrary, play, fc.infiniteStream(fc.nat()), (document, inputs, moves, cuts) => {
        const { log, state } = playToEnd(document, inputs, moves);
        let replica: RunState | undefined;
        let reads = 0;
        for (const cut of cuts) {
          // Each read begins anywhere in what is known and goes on for any length.
          const from = cut % ((replica?.sequence ?? 0) + 1);
          const to = reads++ > 100 ? log.length : from + 1 + (cut % 7);
          replica = foldAll(replica, log.slice(from, to));
          expect(replica).toEqual(foldAll(undefined, log.slice(0, replica?.sequence)));
          if (replica?.sequence === log.length) break;
        }
        expect(replica).toEqual(state);
      }),
      { numRuns: 100 },
    ));

  it('is the same for two replicas that append in any interleaving: the first wins, the other reads and decides again', () =>
    property((document, inputs, moves) => {
      const submit: RunCommand = { kind: 'submit', runId: RUN, submission: submission(document, inputs) };
      const log = stored(decide(undefined, submit, { now: START, random: () => 0.5 }));
      const replicas: (RunState | undefined)[] = [undefined, undefined];
      const ends = new Map<string, number>();
      for (const [pick, how] of moves) {
        const truth = foldAll(undefined, log) as RunState;
        const open = openAttempts(truth);
        if (truth.status !== RunStatus.Running || open.length === 0) break;
        const command = commandFor(open[pick % open.length] ?? '', how);
        // Both replicas get the result; each decides on what it knows, and appends after it or starts anew.
        for (const which of pick % 2 === 0 ? [0, 1] : [1, 0]) {
          for (let tries = 0; tries < 2; tries++) {
            const known: RunState | undefined = replicas[which];
            const events = stored(decide(known, command, { now: START, random: () => 0.5 }), known?.sequence ?? 0);
            if (known !== undefined && known.sequence === log.length) {
              log.push(...events);
              replicas[which] = foldAll(known, events);
              break;
            }
            replicas[which] = foldAll(known, log.slice(known?.sequence ?? 0));
          }
        }
      }
      for (const event of log) {
        if (event.type !== 'attempt.completed' && event.type !== 'attempt.failed') continue;
        const { step, item, attempt } = event.data;
        const id = `${step}#${item ?? ''}:${attempt}`;
        ends.set(id, (ends.get(id) ?? 0) + 1);
      }
      expect([...ends].filter(([, times]) => times !== 1)).toEqual([]);
      expect(foldAll(replicas[0], log.slice(replicas[0]?.sequence ?? 0))).toEqual(
        foldAll(replicas[1], log.slice(replicas[1]?.sequence ?? 0)),
      );
      expect(foldAll(undefined, log)?.status).not.toBe(RunStatus.Running);
    }));

  it('is decided the same way every time, without a change to the state that it was given', () =>
    property((document, inputs, moves) => {
      playToEnd(document, inputs, moves, (run) => {
        const before = structuredClone(run.state);
        const open = run.open[0];
        if (open === undefined) return;
        const circumstances = { now: START, random: () => 0.25 };
        const { state } = run;
        const once = decide(state, commandFor(open, 'failed'), circumstances);
        expect(decide(structuredClone(state), commandFor(open, 'failed'), circumstances)).toEqual(once);
        expect(state).toEqual(before);
      });
    }));

  it('gives a step the same view of others whenever it is scheduled', () =>
    property((document, inputs, moves) => {
      const { log, state } = playToEnd(document, inputs, moves);
      for (const name of Object.keys(state.steps)) {
        const seen = log.flatMap(({ type, data }) =>
          type === 'attempt.scheduled' && data.step === name ? [JSON.stringify(data.input)] : [],
        );
        expect(new Set(seen).size).toBeLessThanOrEqual(1);
      }
    }));
});

function isPassed(state: RunState, name: string): boolean {
  const status = state.steps[name]?.status;
  return (
    status === 'completed' ||
    status === 'skipped' ||
    (status === 'failed' && state.workflow.steps[name]?.continueOnError === true)
  );
}

describe('fold', () => {
  const { log } = new RunSimulator(workflow({ a: { task: 'x' } }));

  it('refuses a log with a gap', () => {
    const [first, second] = log;
    if (first === undefined || second === undefined) throw new Error('no log');
    expect(() => fold(undefined, second)).toThrow(/from the beginning/);
    expect(() => fold(fold(undefined, first), { ...second, sequence: 3 })).toThrow(/came after 1/);
  });

  it('refuses what a newer version wrote', () => {
    const state = foldAll(undefined, log) as RunState;
    const newer = { ...log[0], type: 'step.dreamt', sequence: state.sequence + 1 } as unknown as StoredRunEvent;
    expect(() => fold(state, newer)).toThrow(UnsupportedVersion);
  });

  it('passes over an event about a step that the workflow does not have', () => {
    const state = foldAll(undefined, log) as RunState;
    const [odd] = stored([{ type: 'step.skipped', data: { step: 'constructor', reason: '' } }], state.sequence);
    if (odd === undefined) throw new Error('no event');
    expect(fold(state, odd).steps).toEqual(state.steps);
  });
});
