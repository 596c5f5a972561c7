import { once } from 'node:events';
import { createServer } from 'node:http2';
import { runsPeers } from '../../support/peers.ts';
import { TEXT } from '../../support/three-steps.ts';
import { carryOut, type RunsOrder } from './order.ts';

interface RestateContext {
  run<T>(name: string, action: () => Promise<T>): Promise<T>;
}
interface Restate {
  workflow(definition: object): object;
  createEndpointHandler(options: { services: object[] }): Parameters<typeof createServer>[1];
}

const [, , role = '', ingress = '', port = '0'] = process.argv;
process.once('disconnect', () => process.exit());

if (role === 'worker') {
  const restate = runsPeers.require('@restatedev/restate-sdk') as Restate;
  const echo = (text: string): Promise<string> => Promise.resolve(text);
  const threeSteps = restate.workflow({
    name: 'ThreeSteps',
    handlers: {
      run: async (context: RestateContext, text: string) => {
        const first = await context.run('first', () => echo(text));
        const second = await context.run('second', () => echo(first));
        return await context.run('third', () => echo(second));
      },
    },
  });
  const server = createServer(restate.createEndpointHandler({ services: [threeSteps] }));
  server.listen(Number(port), '127.0.0.1');
  await once(server, 'listening');
} else {
  const prefix = `${process.pid}-${Date.now()}`;
  let runs = 0;
  const execute = async (): Promise<void> => {
    const reply = await fetch(`${ingress}/ThreeSteps/${prefix}-${++runs}/run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(TEXT),
    });
    if (!reply.ok) throw new Error(`Restate answered ${reply.status}: ${await reply.text()}`);
    await reply.text();
  };
  process.on('message', (order: RunsOrder) => {
    void carryOut(order, execute).then((report) => process.send?.({ ...report, gaps: [] }));
  });
}
process.send?.({ kind: 'ready' });
