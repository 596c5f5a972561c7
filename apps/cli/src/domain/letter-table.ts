import type { DeadLetterPage, StoredDeadLetter } from '@aet/contracts';
import { duration } from './durations.js';
import { table } from './table.js';

/** So much of a message stands in a line. Characters. */
const SHORT = 80;

export function letterTable({ letters }: DeadLetterPage): string[] {
  if (letters.length === 0) return ['no dead letters'];
  const rows = letters.map((letter) => [
    String(letter.sequence),
    letter.at,
    letter.reason,
    letter.capability ?? '',
    letter.runId ?? '',
    letter.step === undefined ? '' : `${letter.step}${letter.item === undefined ? '' : `#${letter.item}`}`,
    letter.message.length > SHORT ? `${letter.message.slice(0, SHORT - 1)}…` : letter.message,
  ]);
  return table(['number', 'time', 'reason', 'capability', 'run', 'step', 'message'], rows, new Set([0]));
}

/** All of one letter. */
export function letterLines(letter: StoredDeadLetter): string[] {
  const { sequence, reason, at, by, subject, deliveries, message, history = [], original } = letter;
  const attempts = history.map((tried) => [
    String(tried.attempt),
    tried.at,
    tried.by.host,
    tried.by.agent,
    duration(tried.durationMs),
    `${tried.error.code}: ${tried.error.message}`,
  ]);
  return [
    `dead letter ${sequence}: ${reason}`,
    `${at} by ${by.instance} on ${by.host}, after ${deliveries} deliveries of ${subject}`,
    message,
    ...(attempts.length === 0
      ? []
      : ['', ...table(['attempt', 'ended', 'host', 'agent', 'took', 'error'], attempts, new Set([0, 4]))]),
    '',
    'json' in original ? JSON.stringify(original.json, undefined, 2) : `not JSON, as base64: ${original.base64}`,
  ];
}
