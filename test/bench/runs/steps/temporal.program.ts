import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runsPeers } from '../../support/peers.ts';
import { TEXT } from '../../support/three-steps.ts';
import { carryOut, type RunsOrder } from './order.ts';

/** The parts of Temporal's SDK that are used here; it is no dependency of the project. */
interface TemporalClient {
  workflow: { execute(name: string, options: object): Promise<unknown> };
}
interface TemporalModules {
  client: { Client: new (options: object) => TemporalClient; Connection: { connect(options: object): Promise<object> } };
  worker: {
    NativeConnection: { connect(options: object): Promise<object> };
    Worker: { create(options: object): Promise<{ run(): Promise<void> }> };
    Runtime: { install(options: object): void };
    DefaultLogger: new (level: string) => object;
  };
}

const [, , role = '', address = ''] = process.argv;
process.once('disconnect', () => process.exit());
const taskQueue = 'bench';

if (role === 'worker') {
  const { Worker, NativeConnection, Runtime, DefaultLogger } = runsPeers.require(
    '@temporalio/worker',
  ) as TemporalModules['worker'];
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue,
    // Bundled by Temporal's own webpack, which looks for its packages beside the file.
    workflowsPath: join(createRequire(import.meta.url).resolve('./temporal.workflow.cjs')),
    bundlerOptions: { webpackConfigHook: (config: { resolve?: object }) => withPeers(config) },
    activities: { echo: (text: string) => Promise.resolve(text) },
    maxConcurrentActivityTaskExecutions: 100,
    maxConcurrentWorkflowTaskExecutions: 100,
  });
  void worker.run();
} else {
  const { Client, Connection } = runsPeers.require('@temporalio/client') as TemporalModules['client'];
  const client = new Client({ connection: await Connection.connect({ address }) });
  const prefix = `${process.pid}-${Date.now()}`;
  let runs = 0;
  const execute = async (): Promise<void> => {
    await client.workflow.execute('threeSteps', { taskQueue, workflowId: `${prefix}-${++runs}`, args: [TEXT] });
  };
  process.on('message', (order: RunsOrder) => {
    void carryOut(order, execute).then((report) => process.send?.({ ...report, gaps: [] }));
  });
}
process.send?.({ kind: 'ready' });

function withPeers(config: { resolve?: { modules?: string[] } }): object {
  const folder = join(runsPeers.require.resolve('@temporalio/workflow'), '../../../..');
  return { ...config, resolve: { ...config.resolve, modules: [folder, 'node_modules'] } };
}
