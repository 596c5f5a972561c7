import { messagingPeers } from '../../support/peers.ts';
import { play } from './contender.ts';
import { type Job, TRACEPARENT } from './payload.ts';

interface Broker {
  createService(schema: object): void;
  start(): Promise<void>;
  call(action: string, params: object, options: object): Promise<{ text: string }>;
  waitForServices(name: string): Promise<void>;
}
const { ServiceBroker } = messagingPeers.require('moleculer') as { ServiceBroker: new (options: object) => Broker };

/** Validation and metrics on, as it ships; no span is exported, only the trace's header travels, as with the others. */
const broker = (url: string, role: string): Broker =>
  new ServiceBroker({
    nodeID: `${role}-${process.pid}`,
    transporter: url,
    logger: false,
    validator: true,
    metrics: { enabled: true },
    requestTimeout: 10_000,
  });

await play({
  async serve(url) {
    const server = broker(url, 'server');
    server.createService({
      name: 'km',
      actions: {
        work: {
          params: {
            $$strict: true,
            id: 'uuid',
            kind: { type: 'enum', values: ['index', 'scan', 'test'] },
            attempt: 'number|integer|min:1',
            labels: { type: 'array', max: 20, items: 'string' },
            text: 'string|max:100000',
          },
          handler: ({ params: { id, text } }: { params: Job }) => ({ id, text }),
        },
      },
    });
    await server.start();
  },
  async connect(url) {
    const client = broker(url, 'client');
    await client.start();
    await client.waitForServices('km');
    return (job) => client.call('km.work', job, { meta: { traceparent: TRACEPARENT } });
  },
});
