import {
  type ApprovalStep,
  type FanOut,
  type TaskStep,
  WORKFLOW_API,
  type WaitStep,
  type WorkflowCallStep,
  type WorkflowDocument,
  type WorkflowInput,
} from '@aet/contracts';
import { checkedWorkflow } from '../parse-workflow.js';
import { nameOf, plain, Reference } from './reference.js';

/** A step that was added: others wait for it, and read its output. */
export interface StepHandle {
  readonly name: string;
  readonly output: Reference;
}

type Condition = string | Reference;
type Linked<T> = Omit<T, 'needs' | 'when' | 'map'> & { needs?: readonly (StepHandle | string)[]; when?: Condition };
type Others = Linked<Pick<TaskStep, 'description' | 'continueOnError'>>;
type Mapped<T> = Linked<T> & Omit<FanOut, 'over' | 'collect'> & { collect?: Condition };
type Case = { when?: Condition; then: StepHandle | string | readonly (StepHandle | string)[] };

export interface WorkflowOptions<I extends string> {
  description?: string;
  timeout?: string;
  inputs?: Readonly<Record<I, WorkflowInput>>;
}

/**
 * A workflow in TypeScript: the same document as the YAML file that says it. `steps` adds the steps and returns the output.
 * @throws {WorkflowInvalid} with every problem, as for a file
 */
export function workflow<I extends string = never>(
  name: string,
  options: WorkflowOptions<I>,
  steps: (builder: WorkflowBuilder<I>) => unknown,
): WorkflowDocument {
  const builder = new WorkflowBuilder<I>(Object.keys(options.inputs ?? {}) as I[]);
  const output = steps(builder);
  const document = { api: WORKFLOW_API, name, ...options, steps: builder.steps, output };
  return checkedWorkflow(plain(document), name);
}

export class WorkflowBuilder<I extends string> {
  readonly steps: Record<string, unknown> = {};
  /** By name. */
  readonly inputs: Readonly<Record<I, Reference>>;
  /** Inside a fan-out: the element, and its place from 0. */
  readonly item = new Reference('item');
  readonly index = new Reference('index');
  /** Inside `collect`: the outputs. */
  readonly items = new Reference('items');
  /** Inside `compensate`: the output of the step. */
  readonly output = new Reference('output');

  constructor(inputs: readonly I[]) {
    this.inputs = Object.fromEntries(inputs.map((name) => [name, new Reference('inputs').path(name)])) as Record<I, Reference>;
  }

  task(name: string, step: Linked<TaskStep>): StepHandle {
    return this.add(name, step);
  }

  /** A sub-run. */
  call(name: string, step: Linked<WorkflowCallStep>): StepHandle {
    return this.add(name, step);
  }

  /** One task, or sub-run, for each element of a list. */
  map(name: string, over: readonly unknown[] | Condition, step: Mapped<TaskStep> | Mapped<WorkflowCallStep>): StepHandle {
    const { concurrency, quorum, tolerate, collect, ...rest } = step;
    return this.add(name, { ...rest, map: { over, concurrency, quorum, tolerate, collect } });
  }

  /** Cases name steps that are added later by their names. */
  branch(name: string, cases: readonly Case[], more: Others = {}): StepHandle {
    const branch = cases.map(({ when, then }) => ({
      when,
      then: Array.isArray(then) ? then.map(stepName) : stepName(then as StepHandle | string),
    }));
    return this.add(name, { branch, ...more });
  }

  approval(name: string, approval: ApprovalStep['approval'], more: Others = {}): StepHandle {
    return this.add(name, { approval, ...more });
  }

  wait(name: string, wait: WaitStep['wait'], more: Others = {}): StepHandle {
    return this.add(name, { wait, ...more });
  }

  checkpoint(name: string, checkpoint: unknown, more: Others = {}): StepHandle {
    return this.add(name, { checkpoint, ...more });
  }

  private add(name: string, { needs, ...step }: Others & Readonly<Record<string, unknown>>): StepHandle {
    if (Object.hasOwn(this.steps, name)) throw new TypeError(`there are two steps "${name}"`);
    this.steps[name] = { ...step, ...(needs === undefined ? {} : { needs: needs.map(stepName) }) };
    return { name, output: new Reference(`steps.${nameOf(name)}`) };
  }
}

const stepName = (step: StepHandle | string): string => (typeof step === 'string' ? step : step.name);
