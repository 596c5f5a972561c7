import type { RunState, StepState } from './run-state.js';

/** A state while events are folded into it: what it shares with the state that it began from is copied once, before it changes. */
export class StateEdit {
  readonly state: RunState;
  private readonly own = new Set<string>();

  constructor(from: RunState) {
    this.state = { ...from };
  }

  /** The step, to be changed in place; undefined when the run has none of that name. */
  step(name: string): StepState | undefined {
    const { steps } = this.state;
    if (!Object.hasOwn(steps, name)) return undefined;
    const step = steps[name];
    return step === undefined || this.own.has(name) ? step : this.put(name, { ...step });
  }

  put(name: string, step: StepState): StepState {
    if (this.own.size === 0) this.state.steps = { ...this.state.steps };
    this.own.add(name);
    this.state.steps[name] = step;
    return step;
  }
}
