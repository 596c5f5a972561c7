import type { RebuildProgress, SegmentList, VerifyProgress } from '@aet/contracts';
import { table } from './table.js';

const rate = (events: number, seconds: number): string =>
  `${seconds.toFixed(1)} s, ${Math.round(events / Math.max(seconds, 0.001)).toLocaleString('en')} events/s`;

export const rebuildLine = ({ phase, runs, totalRuns, events, seconds }: RebuildProgress): string =>
  phase === 'done'
    ? `rebuilt from ${events} events of ${runs} runs in ${rate(events, seconds)}`
    : `${phase}: ${runs} of ${totalRuns} runs, ${events} events, ${rate(events, seconds)}`;

export const verifyLine = ({ phase, runs, totalRuns, events, messages, findings, seconds }: VerifyProgress): string => {
  const seen = `${events} events of ${runs}${phase === 'done' ? '' : ` of ${totalRuns}`} runs, ${messages} messages, ${rate(events, seconds)}`;
  if (phase !== 'done') return `${phase}: ${seen}, ${findings} findings`;
  return findings === 0 ? `nothing differs: ${seen}` : `${findings} findings: ${seen}`;
};

export const segmentTable = ({ segments }: SegmentList): string[] =>
  segments.length === 0
    ? ['the archive is empty']
    : table(
        ['segment', 'state', 'written', 'runs', 'events', 'bytes'],
        segments.map(({ segment, state, createdAt, runs, events, bytes }) => [
          segment,
          state,
          createdAt,
          String(runs),
          String(events),
          String(bytes),
        ]),
        new Set([3, 4, 5]),
      );
