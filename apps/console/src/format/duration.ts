const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in its two largest units, such as `4 m 12 s`; below ten seconds with one decimal. */
export function duration(ms: number): string {
  const clean = Math.max(0, ms);
  if (clean < SECOND) return `${Math.round(clean)} ms`;
  if (clean < 10 * SECOND) return `${(clean / SECOND).toFixed(1)} s`;
  if (clean < MINUTE) return `${Math.floor(clean / SECOND)} s`;
  if (clean < HOUR) return two(clean, MINUTE, 'm', SECOND, 's');
  if (clean < DAY) return two(clean, HOUR, 'h', MINUTE, 'm');
  return two(clean, DAY, 'd', HOUR, 'h');
}

/** How long ago, in one unit: `now`, `12 s ago`, `3 d ago`. */
export function age(ms: number): string {
  if (ms < SECOND) return 'now';
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s ago`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} m ago`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ago`;
  return `${Math.floor(ms / DAY)} d ago`;
}

function two(ms: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}
