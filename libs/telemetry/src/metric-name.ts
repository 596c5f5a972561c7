/** Prometheus' conventions, ours on top: `aet_<part>_<what>_<unit>`, base units, counters end in `_total`. */
const NAMES = {
  counter: /^aet_[a-z][a-z0-9_]*_total$/,
  histogram: /^aet_[a-z][a-z0-9_]*_(?:seconds|bytes|ratio|items)$/,
  gauge: /^aet_[a-z][a-z0-9_]*$/,
} as const;
export type MetricKind = keyof typeof NAMES;

/** Returns the name. Fails at start-up, so a wrong name never ships. */
export function metricName(kind: MetricKind, name: string): string {
  const wrong =
    !NAMES[kind].test(name) ||
    (kind !== 'counter' && name.endsWith('_total')) ||
    /_(?:ms|millis|milliseconds|kb|mb)\b/.test(name);
  if (wrong) throw new TypeError(`"${name}" is no name for a ${kind}: use ${NAMES[kind].source}, in seconds or bytes`);
  return name;
}

/** From a cache's answer to a long task. Seconds. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
