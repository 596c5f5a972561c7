import { mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** Three activities, one after the other. */
const WORKFLOW = `
  const { proxyActivities } = require('@temporalio/workflow');
  const { echo } = proxyActivities({ startToCloseTimeout: '1 minute' });
  exports.threeSteps = async (text) => echo(await echo(await echo(text)));
`;

if (role === 'worker') {
  const { Worker, NativeConnection, Runtime, DefaultLogger } = runsPeers.require(
    '@temporalio/worker',
  ) as TemporalModules['worker'];
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue,
    workflowsPath: workflowFile(),
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

/** Temporal bundles the file with packages that it finds above it. */
function workflowFile(): string {
  const modules = dirname(dirname(dirname(runsPeers.require.resolve('@temporalio/workflow/package.json'))));
  const file = join(mkdtempSync(join(dirname(modules), 'workflow-')), 'three-steps.cjs');
  writeFileSync(file, WORKFLOW);
  return file;
}
