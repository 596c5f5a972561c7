import type { CachedDetail, CachedDropped, CachedList } from '@aet/contracts';
import { ConsoleOutput } from '../adapters/console-output.js';
import { cacheLines, cacheTable } from '../domain/cache-table.js';
import type { CacheDropOptions, CacheListOptions, CacheOptions } from './cache.command.js';
import { ExitCode } from './command-context.js';
import { operatorGateway, operatorWord } from './queue.action.js';

export async function listCached(options: CacheListOptions, named: string | undefined): Promise<number> {
  const { capability, workflow, lines } = options;
  const list = await operatorGateway(options, named).read<CachedList>('/v1/cache', { capability, workflow, limit: lines });
  const output = new ConsoleOutput();
  if (options.json === true) output.json(list);
  else for (const line of cacheTable(list)) output.result(line);
  return ExitCode.Done;
}

export async function showCached(key: string, options: CacheOptions, named: string | undefined): Promise<number> {
  const found = await operatorGateway(options, named).read<CachedDetail>(`/v1/cache/${encodeURIComponent(key)}`);
  const output = new ConsoleOutput();
  if (options.json === true) output.json(found);
  else for (const line of cacheLines(found)) output.result(line);
  return ExitCode.Done;
}

export async function dropCached(key: string | undefined, options: CacheDropOptions, named: string | undefined): Promise<number> {
  const { capability, workflow, olderThan: olderThanMs, reason } = options;
  const which = { key, capability, workflow, olderThanMs, ...operatorWord(reason) };
  const dropped = await operatorGateway(options, named).remove<CachedDropped>('/v1/cache', which);
  const output = new ConsoleOutput();
  if (options.json === true) output.json(dropped);
  else output.result(`${dropped.dropped} kept results are forgotten`);
  return ExitCode.Done;
}
