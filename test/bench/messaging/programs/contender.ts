import type { Job } from './payload.ts';
import { jobOf } from './payload.ts';
import { type LoadPlan, underLoad } from './load.ts';

/** One way to call a service over NATS. `serve` resolves when calls are answered. */
export interface Contender {
  serve(url: string): Promise<void>;
  /** How a call is made; a reply that is not the job's own text must be an error. */
  connect(url: string): Promise<(job: Job) => Promise<unknown>>;
}

/** What the bench tells a client to do. */
export interface Assignment extends LoadPlan {
  bytes: number;
}

/** `program server URL` answers until its parent goes; `program client URL` takes assignments over the channel and reports. */
export async function play(contender: Contender): Promise<void> {
  const [, , role, url = ''] = process.argv;
  process.once('disconnect', () => process.exit());
  if (role === 'server') {
    await contender.serve(url);
    let cpu = process.cpuUsage();
    process.on('message', () => {
      const { user, system } = process.cpuUsage(cpu);
      cpu = process.cpuUsage();
      process.send?.({ kind: 'cpu', seconds: (user + system) / 1e6 });
    });
  } else {
    const call = await contender.connect(url);
    process.on('message', (assignment: Assignment) => {
      const job = jobOf(assignment.bytes);
      void underLoad(() => call(job), assignment).then((report) => process.send?.({ kind: 'report', report }));
    });
  }
  process.send?.({ kind: 'ready' });
}
