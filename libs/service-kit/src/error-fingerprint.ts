import { createHash } from 'node:crypto';

export interface ErrorPlace {
  service: string;
  code: string;
  /** Class or part that logged it. */
  context?: string;
  stack?: string;
  message: string;
}

/** Same cause, same fingerprint, over instances, versions of a line and ids: 16 hexadecimal digits. */
export function errorFingerprint({ service, code, context, stack, message }: ErrorPlace): string {
  const place = [context ?? '', topFrame(stack) ?? withoutIds(message)].join('|');
  return createHash('sha256').update(`${service}\n${code}\n${place}`).digest('hex').slice(0, 16);
}

/** Function and file of the first frame of ours: no line, so that an edit above does not make a new error, and no folder of the machine. */
export function topFrame(stack: string | undefined): string | undefined {
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const own = frames.find((line) => !line.includes('node_modules') && !line.includes('node:')) ?? frames[0];
  if (own === undefined) return undefined;
  const match = /^\s+at (?:async )?(?:(.+?) \()?(?:file:\/\/)?(.*?)(?::\d+)*\)?$/.exec(own);
  const file = match?.[2]
    ?.split(/[\\/]/)
    .at(-1)
    ?.replace(/\.[jt]s$/, '');
  return `${match?.[1] ?? ''}@${file ?? ''}`;
}

/** Numbers, ids, addresses and quoted values out. */
const withoutIds = (message: string): string =>
  message
    .replace(/"[^"]*"|'[^']*'/g, '#')
    .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27,}\b/gi, '#')
    .replace(/\b[\w-]*\d[\w-]*\b/g, '#');
