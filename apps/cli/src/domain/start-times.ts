import { duration } from './durations.js';

/** How long each part of a start took, in milliseconds. Install and build were done before, by `npm start`. */
export interface StartTimes {
  installMs?: number;
  buildMs?: number;
  bootMs: number;
  reviewMs?: number;
}

/** Reads what `npm start` passed on; nothing when it is absent or not ours. */
export function parsePreparation(text: string | undefined): Pick<StartTimes, 'installMs' | 'buildMs'> {
  try {
    const value = JSON.parse(text ?? '') as { installMs?: unknown; buildMs?: unknown };
    return {
      ...(typeof value.installMs === 'number' ? { installMs: value.installMs } : {}),
      ...(typeof value.buildMs === 'number' ? { buildMs: value.buildMs } : {}),
    };
  } catch {
    return {};
  }
}

/** `install 0 ms · build 0 ms · fleet ready 4.1 s · review 12.0 s` */
export const timesLine = ({ installMs, buildMs, bootMs, reviewMs }: StartTimes): string =>
  [
    ['install', installMs],
    ['build', buildMs],
    ['fleet ready', bootMs],
    ['review', reviewMs],
  ]
    .flatMap(([name, ms]) => (typeof ms === 'number' ? [`${name} ${duration(ms)}`] : []))
    .join(' · ');
