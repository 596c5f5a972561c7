import type { CachedDetail, CachedList } from '@aet/contracts';
import { duration, megabytes } from './durations.js';
import { table } from './table.js';

/** So much of a key tells it from the others. */
const SHORT_KEY = 12;

export function cacheTable({ results, total }: CachedList): string[] {
  const sum = `${total.results} results, ${megabytes(total.bytes)} of ${megabytes(total.maxBytes)}`;
  if (results.length === 0) return ['no kept results'];
  const rows = results.map((one) => [
    one.key.slice(0, SHORT_KEY),
    one.capability,
    one.workflow,
    `${one.agent} ${one.agentVersion.slice(0, 20)}`,
    one.from.at,
    String(one.hits),
    String(one.bytes),
    duration(one.durationMs),
  ]);
  return [
    ...table(['key', 'capability', 'workflow', 'agent', 'made', 'hits', 'bytes', 'took'], rows, new Set([5, 6, 7])),
    '',
    sum,
  ];
}

export function cacheLines(one: CachedDetail): string[] {
  const files = Object.entries(one.files).map(([path, hash]) => [path, hash ?? 'absent']);
  return [
    `key ${one.key}`,
    `${one.capability} by ${one.agent} ${one.agentVersion}, step ${one.from.step} of run ${one.from.runId}, ${one.from.at}`,
    `taken ${one.hits} times, last at ${one.usedAt}; making it took ${duration(one.durationMs)}`,
    ...(files.length === 0 ? [] : ['', ...table(['file', 'SHA-256'], files)]),
    '',
    'output' in one ? JSON.stringify(one.output, undefined, 2) : 'the run has not taken it yet',
  ];
}
