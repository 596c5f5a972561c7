import { connect, headers } from '@nats-io/transport-node';
import { play } from './contender.ts';
import { type Job, TRACEPARENT } from './payload.ts';

// The NATS client as it comes: its own request, JSON, a trace's header, no validation, no metrics.
await play({
  async serve(url) {
    const connection = await connect({ servers: url });
    connection.subscribe('work', {
      queue: 'work',
      callback: (_error, message) => {
        const { id, text } = message.json<Job>();
        message.respond(JSON.stringify({ id, text }));
      },
    });
    await connection.flush();
  },
  async connect(url) {
    const connection = await connect({ servers: url, noAsyncTraces: true });
    return async (job) => {
      const carried = headers();
      carried.set('traceparent', TRACEPARENT);
      return (await connection.request('work', JSON.stringify(job), { timeout: 10_000, headers: carried })).json();
    };
  },
});
