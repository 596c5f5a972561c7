import { findNatsServer } from '@aet/messaging';
import { largeBench } from './runs/large.ts';
import { listsBench } from './runs/lists.ts';
import { recordBench } from './runs/record.ts';
import { simpleBench } from './runs/simple.ts';
import { stepsBench } from './runs/steps.ts';
import { temporalVersion } from './runs/steps/temporal.ts';
import { timersBench } from './runs/timers.ts';
import type { Line } from './support/line.ts';
import { runsPeers } from './support/peers.ts';

const PARTS: Readonly<Record<string, () => AsyncGenerator<Line>>> = {
  steps: stepsBench,
  large: largeBench,
  timers: timersBench,
  lists: listsBench,
  rebuild: recordBench,
  simple: simpleBench,
};

/** What the figures were made with, beside the machine. */
export async function about(): Promise<Record<string, string>> {
  const temporal = temporalVersion() ?? 'not on PATH';
  return { 'nats-server': (await findNatsServer()).version, temporal, ...runsPeers.install() };
}

/** Workflows: steps and their gaps beside the peers, timers, lists, rebuild and verify, simple mode. */
export async function* bench(only: string): AsyncGenerator<Line> {
  for (const [name, part] of Object.entries(PARTS)) if (name.includes(only)) yield* part();
}
