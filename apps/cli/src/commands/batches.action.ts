import type { BatchList } from '@aet/contracts';
import { ConsoleOutput } from '../adapters/console-output.js';
import { batchTable } from '../domain/batch-table.js';
import type { BatchOptions } from './batches.command.js';
import { ExitCode } from './command-context.js';
import { operatorGateway } from './queue.action.js';

export async function listBatches(options: BatchOptions, named: string | undefined): Promise<number> {
  const list = await operatorGateway(options, named).read<BatchList>('/v1/batches', { limit: options.lines });
  const output = new ConsoleOutput();
  if (options.json === true) output.json(list);
  else for (const line of batchTable(list)) output.result(line);
  return ExitCode.Done;
}
