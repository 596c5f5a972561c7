import type { AetConfig } from '@aet/config';
import { writeSync } from 'node:fs';
import { redactText } from './redaction.js';
import { RotatingFile } from './rotating-file.js';

/** Where log lines go. Never throws. */
export interface LogDestination {
  write(line: string): void;
}
type Write = (line: string) => void;

/** How long a folder that failed is left alone. Milliseconds. */
const RETRY_MS = 30_000;

/** A file of the folder, or standard output when none is configured. `name` is the file's, without `.log`. */
export function logDestination(options: AetConfig['log'], name: string): LogDestination {
  if (options.dir === '') return { write: (line) => toDescriptor(1, redactText(line)) };
  const { dir: folder, maxFileBytes, maxFiles, quotaBytes } = options;
  const file = new RotatingFile({ folder, name: `${name}.log`, maxFileBytes, maxFiles, quotaBytes });
  return withFallback(
    (line, nowMs) => file.write(line, nowMs),
    (line) => toDescriptor(2, line),
    Date.now,
  );
}

/** Lines go to `fallback` while `primary` fails (full disk, read-only folder): one warning then, and a fresh try after half a minute. */
export function withFallback(primary: (line: string, nowMs: number) => void, fallback: Write, now: () => number): LogDestination {
  let failedMs: number | undefined;
  return {
    write(raw) {
      const line = redactText(raw);
      const nowMs = now();
      if (failedMs !== undefined && nowMs - failedMs < RETRY_MS) return fallback(line);
      try {
        primary(line, nowMs);
        failedMs = undefined;
      } catch (error) {
        if (failedMs === undefined) fallback(warning(error, nowMs));
        failedMs = nowMs;
        fallback(line);
      }
    },
  };
}

const warning = (error: unknown, nowMs: number): string =>
  `${JSON.stringify({
    level: 'warn',
    time: new Date(nowMs).toISOString(),
    msg: `the log folder cannot be written (${(error as Error).message}); lines go to standard error: free the disk or set log.dir`,
  })}\n`;

/** A reader that went away or does not keep up must not end or stop a service. */
function toDescriptor(fd: number, line: string): void {
  try {
    writeSync(fd, line);
  } catch {
    // Nowhere is left to say it.
  }
}
