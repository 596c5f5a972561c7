import type { CapabilityView, QueueView, StreamFill } from '@aet/contracts';
import { table } from './table.js';

const RIGHT = new Set([1, 2, 3, 4, 5, 6]);

/** One line for each capability, then one for each stream of work. */
export function queueTable({ cell, capabilities, streams }: QueueView): string[] {
  const rows = capabilities.map((view) => [
    view.capability,
    ...[view.waiting.critical, view.waiting.high, view.waiting.normal, view.waiting.low, view.inHand, view.redelivered].map(
      String,
    ),
    state(view),
  ]);
  return [
    ...table(['capability', 'critical', 'high', 'normal', 'low', 'in hand', 'again', 'state'], rows, RIGHT),
    '',
    ...streams.map((stream) => `${stream.stream} of cell ${cell}: ${fill(stream)}`),
  ];
}

/** From this share on a stream of work is worth a line of its own. */
const NEARLY_FULL = 0.8;

/** What keeps tasks waiting: pauses, and streams that are nearly full. */
export const queueWarnings = ({ capabilities, streams }: QueueView): string[] => [
  ...capabilities.filter(({ paused, unserved }) => paused !== undefined || unserved === true).map(capabilityLine),
  ...streams
    .filter(({ bytes, maxBytes }) => maxBytes > 0 && bytes / maxBytes >= NEARLY_FULL)
    .map((stream) => `${stream.stream}: ${fill(stream)}; new runs are refused when it is full`),
];

export const capabilityLine = (view: CapabilityView): string => `${view.capability}: ${state(view)}`;

function state({ paused, rate, unserved }: CapabilityView): string {
  if (unserved === true && paused === undefined)
    return 'NO HOST has an agent for it: correct the name, or add an agent and restart';
  const limited = rate === undefined ? '' : `at most ${rate.perSecond}/s, ${rate.burst} at once (${rate.from})`;
  if (paused === undefined) return limited === '' ? 'open' : limited;
  const why = paused.reason === undefined ? '' : `: ${paused.reason}`;
  return `PAUSED by ${paused.by} at ${paused.at}${why}${limited === '' ? '' : `; ${limited}`}`;
}

function fill({ messages, bytes, maxBytes }: StreamFill): string {
  const mib = (value: number): string => `${(value / 1024 / 1024).toFixed(1)} MiB`;
  const share = maxBytes === 0 ? '' : ` of ${mib(maxBytes)}, ${Math.round((bytes / maxBytes) * 100)} % full`;
  return `${messages} messages, ${mib(bytes)}${share}`;
}
