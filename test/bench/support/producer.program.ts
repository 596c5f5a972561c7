import 'reflect-metadata';
import { Durability, OrchestratorRpc, WORKFLOW_API } from '@aet/contracts';
import { NatsRpcClient, connectNats } from '@aet/messaging';
import type { Order, Submitted } from './order.ts';

const [, , url = ''] = process.argv;
process.once('disconnect', () => process.exit());

/** One step, as `aet task` submits it: about 220 bytes of input. */
const document = {
  api: WORKFLOW_API as 'aet/workflow.v1',
  name: 'bench',
  steps: { task: { task: 'echo', with: { id: '${{ inputs.id }}', text: '${{ inputs.text }}' } } },
  inputs: { id: { type: 'number' as const, required: true }, text: { type: 'string' as const, required: true } },
};
const text = 'x'.repeat(200);

const link = await connectNats({ servers: [url], user: 'gateway', name: 'bench-producer' });
const client = new NatsRpcClient(link, { namespace: 'default', defaultTimeoutMs: 30_000 });
let submitted = 0;

process.on('message', (order: Order) => void carryOut(order));
process.send?.({ kind: 'ready' });

/** Sends `order.tasks` with `order.producers` waiting for their acknowledgements at once; with a rate, not faster than that. */
async function carryOut({ tasks, producers, relaxed, perSecond }: Order): Promise<void> {
  const runs: string[] = [];
  const sent: number[] = [];
  const acknowledged: number[] = [];
  const begun = performance.timeOrigin + performance.now();
  const now = (): number => performance.timeOrigin + performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < tasks) {
      const index = next++;
      if (perSecond !== undefined) {
        const wait = begun + (index * 1_000) / perSecond - now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      }
      sent[index] = now();
      const { runId } = await client.call(OrchestratorRpc.submit, {
        document,
        inputs: { id: ++submitted, text },
        submittedBy: 'bench',
        ...(relaxed ? { durability: Durability.Relaxed } : {}),
      });
      acknowledged[index] = now();
      runs[index] = runId;
    }
  };
  await Promise.all(Array.from({ length: producers }, lane));
  const report: Submitted = { kind: 'submitted', begun, runs, sent, acknowledged };
  process.send?.(report);
}
