import type { RunStatus } from '@aet/contracts';

/** In the order of a run's life; `''`: all. */
export const STATUS_FILTERS: readonly { status: '' | RunStatus; name: string }[] = [
  { status: '', name: 'All' },
  { status: 'scheduled', name: 'Scheduled' },
  { status: 'running', name: 'Running' },
  { status: 'paused', name: 'Paused' },
  { status: 'compensating', name: 'Compensating' },
  { status: 'completed', name: 'Completed' },
  { status: 'failed', name: 'Failed' },
  { status: 'cancelled', name: 'Cancelled' },
];

/** Filters that the address carries, under the names that the API has for them. */
const KEYS = ['status', 'workflow', 'text', 'priority', 'lane', 'parent', 'schedule', 'cursor'] as const;
type Key = (typeof KEYS)[number];
export type RunFilter = Partial<Record<Key, string>>;

/** Runs of one page. */
const PAGE = 50;

export function filterOf(query: URLSearchParams): RunFilter {
  const pairs = KEYS.flatMap((key) => {
    const value = query.get(key)?.trim() ?? '';
    return value === '' ? [] : [[key, value] as const];
  });
  return Object.fromEntries(pairs);
}

const queryOf = (filter: RunFilter): URLSearchParams =>
  new URLSearchParams(KEYS.flatMap((key) => ((filter[key] ?? '') === '' ? [] : [[key, filter[key] ?? '']])));

/** The page of the console. Another filter begins at the newest run. */
export function placeOf(filter: RunFilter): string {
  const query = queryOf(filter).toString();
  return query === '' ? '/runs' : `/runs?${query}`;
}

export const apiPathOf = (filter: RunFilter): string => {
  const query = queryOf(filter).toString();
  return `/v1/runs?limit=${PAGE}&counts=true${query === '' ? '' : `&${query}`}`;
};

/** Such as `failed runs of review with "timeout"`. */
export function described({ status, workflow, text, parent, schedule }: RunFilter): string {
  const words = [
    `${status === undefined ? '' : `${status} `}run`,
    ...(workflow === undefined ? [] : [`of ${workflow}`]),
    ...(text === undefined ? [] : [`with “${text}”`]),
    ...(parent === undefined ? [] : [`begun by ${parent}`]),
    ...(schedule === undefined ? [] : [`of the schedule ${schedule}`]),
  ];
  return words.join(' ');
}
