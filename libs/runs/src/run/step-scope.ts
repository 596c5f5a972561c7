import { evaluate, type Scope } from '../expressions/expression.js';
import { bareExpression, render } from '../expressions/template.js';
import { opened, type Payloads } from '../expressions/values.js';
import { ancestorsOf } from '../language/step-graph.js';
import type { RunState } from './run-state.js';
import { stepOf } from './step-state.js';

/** What the expressions of a step see. Values that lie in the object store are asked for when an expression looks into them. */
export class StepScope {
  constructor(
    readonly values: Scope,
    private readonly payloads?: Payloads,
  ) {}

  get index(): number | undefined {
    return this.values.index;
  }

  with(more: Partial<Scope>, payloads = this.payloads): StepScope {
    return new StepScope({ ...this.values, ...more }, payloads);
  }

  /** @param text an expression, with or without its `${{ }}`. @throws {ExpressionInvalid | PayloadNeeded} */
  evaluate(text: string): unknown {
    return evaluate(bareExpression(text), this.values, this.payloads);
  }

  /** The value itself, also where it lies in the object store. */
  read(text: string): unknown {
    return opened(this.evaluate(text), this.payloads);
  }

  /** @throws {ExpressionInvalid | PayloadNeeded} */
  render(template: unknown): unknown {
    return render(template, this.values, this.payloads);
  }
}

/** A step sees only the steps that ended before it could begin: what it sees does not depend on when it is asked. */
export const scopeOf = (state: RunState, name: string, payloads?: Payloads): StepScope =>
  scopeOver(state, ancestorsOf(state.workflow, name), payloads);

/** At the end of a run all is seen. */
export const scopeOfRun = (state: RunState, payloads?: Payloads): StepScope =>
  scopeOver(state, Object.keys(state.workflow.steps), payloads);

function scopeOver(state: RunState, names: Iterable<string>, payloads: Payloads | undefined): StepScope {
  const steps = Object.fromEntries(Array.from(names, (name): [string, unknown] => [name, outputOfStep(state, name)]));
  return new StepScope({ inputs: state.inputs, steps }, payloads);
}

export const outputOfStep = (state: RunState, step: string): unknown => stepOf(state, step)?.output ?? null;
