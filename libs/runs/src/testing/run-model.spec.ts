import { AetError, type RunStatus } from '@aet/contracts';
import fc from 'fast-check';
import { it } from 'vitest';
import type { RunCommand } from '../run/run.commands.js';
import { MODEL_WORDS, ModelCommand, modelledWorkflow, type RealRun, RunModel } from './run-model.js';
import { boom, BY, RunSimulator } from './run-simulator.js';

const STEPS = ['a', 'b', 'wait1', 'c', 'wait2', 'd'];

/** The decisions over a log in memory. */
class SimulatedRun implements RealRun {
  private readonly run: RunSimulator;
  private signals = 0;

  constructor(needs: Record<string, readonly string[]>) {
    this.run = new RunSimulator(modelledWorkflow(needs));
  }

  complete = (step: string) => this.send({ kind: 'complete', step, attempt: 1, output: null, by: BY, durationMs: 1 });
  fail = (step: string) => this.send({ kind: 'fail', step, attempt: 1, error: boom(), by: BY, durationMs: 1 });
  pause = () => this.send({ kind: 'pause', by: 'anna' });
  resume = () => this.send({ kind: 'resume', by: 'anna' });
  cancel = () => this.send({ kind: 'cancel', by: 'anna' });
  signal = () => this.send({ kind: 'signal', name: 'go', id: String(this.signals++), payload: null, by: 'anna' });

  look(): Promise<{ status: RunStatus; open: string[] }> {
    return Promise.resolve({ status: this.run.state.status, open: this.run.open.map((open) => open.replace(':1', '')) });
  }

  private send(command: RunCommand): Promise<void> {
    try {
      this.run.send(command);
    } catch (error) {
      if (!(error instanceof AetError)) throw error;
    }
    return Promise.resolve();
  }
}

const needs = fc
  .tuple(...STEPS.map((_, number) => fc.subarray(STEPS.slice(0, number))))
  .map((lists) => Object.fromEntries(STEPS.map((step, number) => [step, lists[number] ?? []])));
const command = fc
  .tuple(
    fc.constantFrom('complete' as const, 'complete' as const, 'complete' as const, 'signal' as const, ...MODEL_WORDS),
    fc.nat(),
  )
  .map(([word, pick]) => new ModelCommand(word, pick, STEPS));

it('does what the model does, whatever it is told', () =>
  fc.assert(
    fc.asyncProperty(needs, fc.commands([command], { maxCommands: 30, size: 'max' }), (graph, commands) =>
      fc.asyncModelRun(() => ({ model: new RunModel(graph), real: new SimulatedRun(graph) }), commands),
    ),
    { numRuns: 200 },
  ));
