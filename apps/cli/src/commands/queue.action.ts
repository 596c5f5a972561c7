import { ValidationFailed } from '@aet/contracts';
import { userInfo } from 'node:os';
import { ConsoleOutput } from '../adapters/console-output.js';
import type { GatewayClient } from '../adapters/gateway-client.js';
import { RunningFleet } from '../adapters/running-fleet.js';
import { capabilityLine, queueTable } from '../domain/queue-table.js';
import { ExitCode } from './command-context.js';
import { projectFolder } from './project-folder.js';
import type { QueueOptions } from './queue.command.js';

/** What may be said twice is said again for so long while the fleet is busy. */
const PATIENCE_MS = 30_000;

export async function listQueue(options: QueueOptions, named: string | undefined): Promise<number> {
  const view = await operatorGateway(options, named).queue();
  const output = new ConsoleOutput();
  if (options.json === true) output.json(view);
  else for (const line of queueTable(view)) output.result(line);
  return ExitCode.Done;
}

export async function pauseOrResume(
  act: 'pause' | 'resume',
  capability: string,
  options: QueueOptions,
  named: string | undefined,
): Promise<number> {
  const gateway = operatorGateway(options, named);
  const word = operatorWord(options.reason);
  const view = act === 'pause' ? await gateway.pause(capability, word) : await gateway.resume(capability, word);
  show(view, options);
  return ExitCode.Done;
}

export async function setRate(
  capability: string,
  rate: number | 'unlimited' | 'configured',
  options: QueueOptions,
  named: string | undefined,
): Promise<number> {
  const { burst, reason } = options;
  if (typeof rate === 'string' && burst !== undefined) {
    const message = `--burst belongs to a number of tasks per second, not to "${rate}"`;
    throw new ValidationFailed(message, [{ path: 'burst', rule: 'oneOf', message }]);
  }
  const wish = typeof rate === 'string' ? { rule: rate } : { perSecond: rate, ...(burst === undefined ? {} : { burst }) };
  show(await operatorGateway(options, named).setRate(capability, { ...wish, ...operatorWord(reason) }), options);
  return ExitCode.Done;
}

/** Of the fleet that runs here. @throws {NotFound} */
export function operatorGateway(options: { cell?: string }, named: string | undefined): GatewayClient {
  const fleet = new RunningFleet(projectFolder(named));
  fleet.record();
  return fleet.gateway({ patienceMs: PATIENCE_MS, ...(options.cell === undefined ? {} : { cell: options.cell }) });
}

/** Who sits here, as the record shall name them. */
export const operatorWord = (reason: string | undefined): { by: string; reason?: string } => ({
  by: `${userInfo().username} (aet)`,
  ...(reason === undefined ? {} : { reason }),
});

function show(view: Parameters<typeof capabilityLine>[0], options: QueueOptions): void {
  const output = new ConsoleOutput();
  if (options.json === true) output.json(view);
  else output.result(capabilityLine(view));
}
