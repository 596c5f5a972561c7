import { connect, createInbox } from '@nats-io/transport-node';
import { play } from './contender.ts';
import type { Job } from './payload.ts';

// The least that a call over this client can be: one inbox, no timer, no header, no validation, no metrics. Nobody should run this.
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
    const connection = await connect({ servers: url });
    const inbox = createInbox();
    const waiting = new Map<string, (reply: unknown) => void>();
    let calls = 0;
    connection.subscribe(`${inbox}.*`, {
      callback: (_error, message) => {
        const token = message.subject.slice(inbox.length + 1);
        const settle = waiting.get(token);
        waiting.delete(token);
        settle?.(message.json());
      },
    });
    return (job) =>
      new Promise((resolve) => {
        const token = (calls++).toString(36);
        waiting.set(token, resolve);
        connection.publish('work', JSON.stringify(job), { reply: `${inbox}.${token}` });
      });
  },
});
