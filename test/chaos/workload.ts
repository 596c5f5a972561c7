import { Priority, PRIORITIES, WORKFLOW_API, type WorkflowDocument } from '@aet/contracts';
import type { SeededRandom } from './random.ts';

/** The one capability of the hosts, and an agent that no host has. */
export const CAPABILITY = 'chaos';
const NOBODY = 'nobody';

/** How often a task that cannot succeed is tried. */
export const DOOMED_ATTEMPTS = 2;
/** More than the failures that a task is told to have. */
const ATTEMPTS = 4;
const MOST_FAILURES = 2;

/** What a producer submits. `tasks` are all that must run, by the key under which the executor notes them. */
export interface Submission {
  /** Unique over all rounds: the idempotency key. */
  id: string;
  /** After the begin of the round, in milliseconds. */
  atMs: number;
  priority: Priority;
  expect: 'completed' | 'failed' | 'no-agent' | 'unsupported-version';
  tasks: ExpectedTask[];
  /** Absent for a message that goes to the queue without a run. */
  document?: WorkflowDocument;
  /** A producer submits the work of one key one by one, each when it has the answer to the one before. */
  orderKey?: string;
}

export interface ExpectedTask {
  key: string;
  step: string;
  item?: number;
  /** So many executions fail before one succeeds. */
  failures: number;
  /** Keys of tasks that must have ended before this one begins. */
  after: string[];
  /** Key of the task that has its turn before this one. */
  follows?: string;
}

const RETRY = { attempts: ATTEMPTS, initial: '50ms', max: '200ms' };

type Make = (id: string, random: SeededRandom) => Pick<Submission, 'tasks' | 'expect' | 'document'>;

/** The executor's input: which task it is, and how often it shall fail. */
const order = (key: string, failures = 0): Record<string, string> => ({ task: `${key} ${failures}` });

const document = (steps: WorkflowDocument['steps']): WorkflowDocument => ({ api: WORKFLOW_API, name: 'chaos', steps });

const single: Make = (id) => {
  const key = `${id}.a`;
  return {
    expect: 'completed',
    tasks: [{ key, step: 'a', failures: 0, after: [] }],
    document: document({ a: { task: CAPABILITY, with: order(key), retry: RETRY } }),
  };
};

const chain: Make = (id) => {
  const steps = ['a', 'b', 'c'];
  const tasks = steps.map((step, index) => ({
    key: `${id}.${step}`,
    step,
    failures: 0,
    after: steps
      .slice(0, index)
      .slice(-1)
      .map((before) => `${id}.${before}`),
  }));
  const described = tasks.map(({ key, step }, index) => {
    const needs = index === 0 ? {} : { needs: [steps[index - 1] ?? ''] };
    return [step, { task: CAPABILITY, ...needs, with: order(key), retry: RETRY }] as const;
  });
  return { expect: 'completed', tasks, document: document(Object.fromEntries(described)) };
};

const fan: Make = (id, random) => {
  const items = Array.from({ length: random.between(3, 6) }, (_, item) => ({
    key: `${id}.i${item}`,
    step: 'work',
    item,
    failures: 0,
    after: [],
  }));
  const end = { key: `${id}.end`, step: 'end', failures: 0, after: items.map(({ key }) => key) };
  const over = `\`${JSON.stringify(items.map(({ key }) => order(key).task))}\``;
  return {
    expect: 'completed',
    tasks: [...items, end],
    document: document({
      work: { task: CAPABILITY, map: { over }, with: { task: '${{ item }}' }, retry: RETRY },
      end: { task: CAPABILITY, needs: ['work'], with: order(end.key), retry: RETRY },
    }),
  };
};

const flaky: Make = (id, random) => {
  const failures = random.between(1, MOST_FAILURES);
  const key = `${id}.a`;
  return {
    expect: 'completed',
    tasks: [{ key, step: 'a', failures, after: [] }],
    document: document({ a: { task: CAPABILITY, with: order(key, failures), retry: RETRY } }),
  };
};

const doomed: Make = (id) => {
  const key = `${id}.a`;
  const failures = 1_000;
  return {
    expect: 'failed',
    tasks: [{ key, step: 'a', failures, after: [] }],
    document: document({ a: { task: CAPABILITY, with: order(key, failures), retry: { ...RETRY, attempts: DOOMED_ATTEMPTS } } }),
  };
};

const homeless: Make = (id) => ({
  expect: 'no-agent',
  tasks: [],
  document: document({ a: { task: CAPABILITY, agent: NOBODY, with: order(`${id}.a`), retry: { ...RETRY, attempts: 1 } } }),
});

/** A message of a later version, as a producer that was updated too early would send. */
const tooNew: Make = () => ({ expect: 'unsupported-version', tasks: [] });

/** Tasks of one key, in the order in which they must run. Some fail at first, and some for good: neither lets another overtake. */
function line(ids: readonly string[], orderKey: string, random: SeededRandom): Omit<Submission, 'atMs' | 'priority'>[] {
  return ids.map((id, index) => {
    const { tasks, expect } = random.pick([single, single, flaky, doomed])(id, random);
    const [task] = tasks as [ExpectedTask];
    const before = ids[index - 1];
    const attempts = expect === 'failed' ? DOOMED_ATTEMPTS : ATTEMPTS;
    return {
      id,
      orderKey,
      expect,
      tasks: [{ ...task, ...(before === undefined ? {} : { follows: `${before}.a` }) }],
      document: document({
        a: { task: CAPABILITY, orderKey, with: order(task.key, task.failures), retry: { ...RETRY, attempts } },
      }),
    };
  });
}

/** Lines of ordered work in a round, and what share of the submissions each has. */
const LINES = 2;
const LINE_SHARE = 1 / 8;

/** So many of each in ten; the rest are single tasks. */
const SHARE: readonly Make[] = [single, single, single, single, single, chain, chain, fan, flaky, doomed];

/** One round's work. Names begin with the round's: nothing is mistaken for the work of another round. */
export function workload(round: string, count: number, windowMs: number, random: SeededRandom): Submission[] {
  const ids = Array.from({ length: count }, (_, index) => `${round}/${index}`);
  const [special = '', ...rest] = ids;
  const length = Math.max(2, Math.floor(count * LINE_SHARE));
  const lines = Array.from({ length: LINES }, (_, index) => line(rest.splice(0, length), `${round}-k${index}`, random)).flat();
  return [
    // What waits for an agent takes the longest, so it comes first.
    { id: special, atMs: 0, priority: Priority.Normal, ...random.pick([homeless, tooNew, tooNew, tooNew])(special, random) },
    ...[...lines, ...rest.map((id) => ({ id, ...random.pick(SHARE)(id, random) }))].map((submission) => ({
      ...submission,
      atMs: random.between(0, windowMs),
      priority: random.pick(PRIORITIES),
    })),
  ];
}
