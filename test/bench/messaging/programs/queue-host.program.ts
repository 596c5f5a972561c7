import { connectNats } from '@aet/messaging';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeTasks } from '../queue/aet.ts';

/** How often the parent hears how many are done. Milliseconds. */
const TELL_MS = 10;

/** `program URL INSTANCE SLOTS TASK_MS` takes tasks once its parent says so, and tells how many it has done. */
const [, , url = '', instance = '', slots = '1', taskMs = '0'] = process.argv;
process.once('disconnect', () => process.exit());
const link = await connectNats({ servers: [url], user: 'agent', name: instance });
process.once('message', () => {
  let done = 0;
  let told = 0;
  setInterval(() => {
    if (done !== told) process.send?.((told = done));
  }, TELL_MS);
  void takeTasks(link, instance, Number(slots), async () => {
    await sleep(Number(taskMs));
    done++;
  });
});
process.send?.('ready');
