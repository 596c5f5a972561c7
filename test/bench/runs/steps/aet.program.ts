import 'reflect-metadata';
import { Aggregate, attemptId, OrchestratorRpc, Subjects, type TaskResult } from '@aet/contracts';
import { NatsRpcClient, connectNats } from '@aet/messaging';
import { connect } from '@nats-io/transport-node';
import { TEXT, threeSteps } from '../../support/three-steps.ts';
import { carryOut, type RunsOrder } from './order.ts';

const [, , url = '', cell = ''] = process.argv;
process.once('disconnect', () => process.exit());

const subjects = new Subjects();
const link = await connectNats({ servers: [url], user: 'gateway', name: 'bench-runs' });
const client = new NatsRpcClient(link, { namespace: 'default', defaultTimeoutMs: 30_000 });
/** Hears what the cell says of its runs, as any observer could. */
const ear = await connect({ servers: url });

const waiting = new Map<string, () => void>();
/** Runs that ended before their submit was answered. */
const early = new Set<string>();
ear.subscribe(subjects.eventsOf(cell, Aggregate.Run), {
  callback: (_error, message) => {
    if (!message.string().includes('"run.completed"')) return;
    const runId = message.subject.split('.').at(-1) ?? '';
    const done = waiting.get(runId);
    if (done === undefined) early.add(runId);
    else done();
    waiting.delete(runId);
  },
});

/** The end of each step by the attempt that follows. Milliseconds by the host's clock. */
const ends = new Map<string, number>();
const gaps: number[] = [];
const names = Object.keys(threeSteps.steps);
ear.subscribe(subjects.results(cell), {
  callback: (_error, message) => {
    const result = message.json<TaskResult>();
    if (result.status !== 'completed') return;
    const startedAt = Date.parse(result.startedAt);
    const before = ends.get(attemptId(result));
    ends.delete(attemptId(result));
    if (before !== undefined) gaps.push(startedAt - before);
    const next = names[names.indexOf(result.step) + 1];
    if (next !== undefined) ends.set(attemptId({ runId: result.runId, step: next, attempt: 1 }), startedAt + result.durationMs);
  },
});
await ear.flush();

async function execute(): Promise<void> {
  const { runId } = await client.call(OrchestratorRpc.submit, {
    document: threeSteps,
    inputs: { text: TEXT },
    submittedBy: 'bench',
  });
  if (early.delete(runId)) return;
  await new Promise<void>((resolve) => waiting.set(runId, resolve));
}

process.on('message', (order: RunsOrder) => {
  gaps.length = 0;
  void carryOut(order, execute).then((report) => process.send?.({ ...report, gaps }));
});
process.send?.({ kind: 'ready' });
