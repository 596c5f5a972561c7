import { AetError, OrchestratorRpc, type RunActed, RunsRpc, type RunStatus, Subjects, TASK_SCHEMA_VERSION } from '@aet/contracts';
import { MODEL_WORDS, ModelCommand, modelledWorkflow, type RealRun, RunModel } from '@aet/runs/testing';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import fc from 'fast-check';
import { afterAll, beforeAll, it, vi } from 'vitest';
import { TestCell } from './cell.js';

vi.setConfig({ testTimeout: 240_000 });
const patient = { timeout: 60_000, interval: 5 };

const STEPS = ['a', 'b', 'wait1', 'c', 'wait2', 'd'];
const BY = { cell: 'c1', host: 'h1', instance: 'agent-00000001', agent: 'tester' };

let cell: TestCell;
let nats: NatsConnection;
beforeAll(async () => {
  cell = await TestCell.start();
  const replicas = await Promise.all([cell.orchestrator(), cell.orchestrator()]);
  await vi.waitUntil(() => replicas.every(({ shell }) => shell.board.ready), { timeout: 60_000, interval: 50 });
  nats = await connect({ servers: cell.nats.url });
});
afterAll(async () => {
  await nats.close();
  await cell[Symbol.asyncDispose]();
});

/** A run of a real cell with two orchestrators, either of which may get a word. No host takes its tasks: their results come from here, late, doubled and too early. */
class OrchestratedRun implements RealRun {
  private signals = 0;

  private constructor(private readonly runId: string) {}

  static async begin(needs: Record<string, readonly string[]>): Promise<OrchestratedRun> {
    const { runId } = await cell.rpc().call(OrchestratorRpc.submit, { document: modelledWorkflow(needs) });
    return new OrchestratedRun(runId);
  }

  complete = (step: string) => this.result({ step, status: 'completed', output: null });
  fail = (step: string) =>
    this.result({ step, status: 'failed', error: { code: 'ATTEMPT_FAILED', message: 'boom', retryable: true } });
  pause = () => this.say(() => cell.rpc().call(RunsRpc.pause, { runId: this.runId, by: 'anna' }));
  resume = () => this.say(() => cell.rpc().call(RunsRpc.resume, { runId: this.runId, by: 'anna' }));
  cancel = () => this.say(() => cell.rpc().call(RunsRpc.cancel, { runId: this.runId, by: 'anna' }));
  signal = () => {
    const id = String(this.signals++);
    return this.say(() => cell.rpc().call(RunsRpc.signal, { runId: this.runId, name: 'go', id, by: 'anna' }));
  };

  async look(): Promise<{ status: RunStatus; open: readonly string[] }> {
    const { status, steps } = await cell.run(this.runId);
    const isUnderWay = status === 'running' || status === 'paused';
    const open = steps.filter((step) => isUnderWay && step.kind === 'task' && step.status === 'running');
    return { status, open: open.map(({ name }) => name) };
  }

  /** Without a message id: the stream must not be what keeps doubles away. Resolves when an orchestrator has taken it. */
  private async result(end: object): Promise<void> {
    const message = {
      v: TASK_SCHEMA_VERSION,
      runId: this.runId,
      attempt: 1,
      epoch: 1,
      by: BY,
      startedAt: '',
      durationMs: 1,
      ...end,
    };
    // The stream answers when it has stored it.
    await nats.request(new Subjects('default').result('c1', this.runId), JSON.stringify(message), { timeout: 30_000 });
    await vi.waitUntil(async () => (await cell.messages('RESULTS')) === 0, patient);
  }

  /** What is refused changes nothing. */
  private async say(word: () => Promise<RunActed>): Promise<void> {
    try {
      await word();
    } catch (error) {
      if (!(error instanceof AetError) || error.retryable) throw error;
    }
  }
}

const needs = fc
  .tuple(...STEPS.map((_, number) => fc.subarray(STEPS.slice(0, number))))
  .map((lists) => Object.fromEntries(STEPS.map((step, number) => [step, lists[number] ?? []])));
const command = fc
  .tuple(fc.constantFrom('complete', 'complete', 'complete', 'signal', ...MODEL_WORDS), fc.nat())
  .map(([word, pick]) => new ModelCommand(word, pick, STEPS));

it('two orchestrators over real servers do what the model does, whatever they are told', () =>
  fc.assert(
    fc.asyncProperty(needs, fc.commands([command], { maxCommands: 25, size: 'max' }), async (graph, commands) => {
      const real = await OrchestratedRun.begin(graph);
      await fc.asyncModelRun(() => ({ model: new RunModel(graph), real }), commands);
    }),
    { numRuns: 15, endOnFailure: true },
  ));
