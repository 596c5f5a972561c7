import { WORKFLOW_API, type WorkflowDocument, type WorkflowStep } from '@aet/contracts';
import { fileURLToPath } from 'node:url';
import type { SeededRandom } from '../random.ts';

const here = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));

/** `swift` says its input again. `effect` does what must not be done twice, and notes it in a file of the world's folder. `flaw` always fails. */
export const AGENTS = {
  echo: `---\nname: swift\ndescription: Says its input again.\naet:\n  executor: builtin\n  capabilities: [echo]\n---\n`,
  effect: `---\nname: effect\ndescription: Has an effect outside of AET.\naet:\n  executor: command\n  capabilities: [effect]\n  command: [sh, ${here('perform.sh')}, $DIR]\n  effect:\n    key: "\${{ inputs.key }}"\n    reconcile: [sh, ${here('performed.sh')}, $DIR]\n---\n`,
  flaw: `---\nname: flaw\ndescription: Always fails.\naet:\n  executor: command\n  capabilities: [flaw]\n  command: [sh, -c, "exit 1"]\n---\n`,
};

/** What sub-runs do. */
export const WORKFLOWS = {
  child: `api: aet/workflow.v1\nname: child\ninputs: { key: { type: string, required: true } }\nsteps:\n  act: { task: effect, with: { key: "\${{ inputs.key }}" } }\n  say: { task: echo, needs: [act], with: { text: "\${{ steps.act.key }}" } }\noutput: \${{ steps.say }}\n`,
};

/** A run of the soak, and what must have become of it. */
export interface SoakRun {
  id: string;
  kind: string;
  document: WorkflowDocument;
  ends: readonly ('completed' | 'failed' | 'cancelled')[];
  /** Each done exactly once when the run ended as the first of `ends` says; at most once otherwise. */
  effects: readonly string[];
  /** What is done to it on the way. */
  act?: 'signal' | 'approve' | 'cancel' | 'pause' | 'prioritize';
}

/** The signal and the step of approval that `act` speaks of. */
export const SIGNAL = 'go';
export const APPROVAL = 'ask';

const echo = (more: Partial<WorkflowStep> = {}): WorkflowStep => ({ task: 'echo', with: { text: 'x' }, ...more }) as WorkflowStep;
const effect = (key: string, more: Partial<WorkflowStep> = {}): WorkflowStep =>
  ({ task: 'effect', with: { key }, ...more }) as WorkflowStep;
const document = (steps: Record<string, WorkflowStep>): WorkflowDocument => ({ api: WORKFLOW_API, name: 'soak', steps });

type Make = (id: string, random: SeededRandom) => Omit<SoakRun, 'id' | 'kind'>;
const completes = (steps: Record<string, WorkflowStep>, effects: string[], act?: SoakRun['act']): ReturnType<Make> => ({
  document: document(steps),
  ends: ['completed'],
  effects,
  ...(act === undefined ? {} : { act }),
});

const KINDS: Readonly<Record<string, Make>> = {
  chain: (id) => completes({ a: echo(), b: effect(`${id}.b`, { needs: ['a'] }), c: echo({ needs: ['b'] }) }, [`${id}.b`]),
  map: (id, random) => {
    const over = Array.from({ length: random.between(3, 30) }, (_, index) => index);
    return completes({ many: echo({ map: { over, concurrency: 4 } }), end: effect(`${id}.end`, { needs: ['many'] }) }, [
      `${id}.end`,
    ]);
  },
  quorum: (id, random) => {
    const over = Array.from({ length: random.between(5, 20) }, (_, index) => index);
    return completes({ many: echo({ map: { over, quorum: '60%' } }), end: effect(`${id}.end`, { needs: ['many'] }) }, [
      `${id}.end`,
    ]);
  },
  wait: (id, random) =>
    completes({ pause: { wait: { for: `${random.between(100, 5_000)}ms` } }, b: effect(`${id}.b`, { needs: ['pause'] }) }, [
      `${id}.b`,
    ]),
  child: (id) =>
    completes({ a: { workflow: 'child', with: { key: `${id}.a` } }, b: effect(`${id}.b`, { needs: ['a'] }) }, [
      `${id}.a`,
      `${id}.b`,
    ]),
  children: (id) => {
    const keys = ['x', 'y', 'z'].map((name) => `${id}.${name}`);
    return completes({ all: { workflow: 'child', map: { over: keys }, with: { key: '${{ item }}' } } }, keys);
  },
  branch: (id) =>
    completes(
      {
        choose: { branch: [{ when: '`false`', then: 'never' }, { then: 'always' }] },
        never: effect(`${id}.never`),
        always: effect(`${id}.always`),
      },
      [`${id}.always`],
    ),
  checkpoint: (id) =>
    completes({ a: effect(`${id}.a`), mark: { checkpoint: 'here', needs: ['a'] }, b: echo({ needs: ['mark'] }) }, [`${id}.a`]),
  signal: (id) =>
    completes({ wait: { wait: { signal: SIGNAL } }, b: effect(`${id}.b`, { needs: ['wait'] }) }, [`${id}.b`], 'signal'),
  approve: (id) =>
    completes(
      { [APPROVAL]: { approval: { text: 'go on?' } }, b: effect(`${id}.b`, { needs: [APPROVAL] }) },
      [`${id}.b`],
      'approve',
    ),
  pause: (id) =>
    completes({ a: echo(), b: echo({ needs: ['a'] }), c: effect(`${id}.c`, { needs: ['b'] }) }, [`${id}.c`], 'pause'),
  prioritize: (id) => completes({ a: echo(), b: effect(`${id}.b`, { needs: ['a'] }) }, [`${id}.b`], 'prioritize'),
  undo: (id) => ({
    document: document({
      a: effect(`${id}.a`, { compensate: { task: 'effect', with: { key: `${id}.undo` } } }),
      b: { task: 'flaw', needs: ['a'], retry: { attempts: 2, initial: '50ms', max: '100ms' } },
    }),
    ends: ['failed'],
    effects: [`${id}.a`, `${id}.undo`],
  }),
  cancel: (id, random) => ({
    document: document({
      a: echo(),
      pause: { wait: { for: `${random.between(200, 3_000)}ms` }, needs: ['a'] },
      b: effect(`${id}.b`, { needs: ['pause'] }),
    }),
    ends: ['cancelled', 'completed'],
    effects: [],
    act: 'cancel',
  }),
};

const SOAK_KINDS = Object.keys(KINDS);

export function soakRun(number: number, random: SeededRandom): SoakRun {
  const id = `s${number}`;
  const kind = random.pick(SOAK_KINDS);
  const make = KINDS[kind];
  if (make === undefined) throw new RangeError(`no kind ${kind}`);
  return { id, kind, ...make(id, random) };
}
