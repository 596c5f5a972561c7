/** A line of a log, as far as a reader wants to know. `time` is RFC 3339; absent in what programs of others print. */
export interface LogLine {
  time?: string;
  text: string;
  raw: string;
}

interface PinoLine {
  time?: string;
  level?: string;
  service?: string;
  instance?: string;
  host?: string;
  cell?: string;
  msg?: string;
  err?: { message?: string };
}

/** Reads a line of a file. `name` is the file's process, for lines that do not say it themselves. */
export function readLogLine(raw: string, name: string): LogLine & { names: string[] } {
  const line = parsePino(raw);
  if (line === undefined) {
    const time = foreignTime(raw);
    return { raw, text: `${name}: ${raw}`, names: [name], ...(time === undefined ? {} : { time }) };
  }
  const who = line.host === undefined ? line.service : `${line.service}@${line.host}`;
  const error = line.err?.message === undefined || line.msg?.includes(line.err.message) === true ? '' : `: ${line.err.message}`;
  const text = `${line.time ?? ''} ${(line.level ?? '').toUpperCase().padEnd(5)} ${who ?? name}  ${line.msg ?? ''}${error}`;
  const names = [name, line.service, line.instance, `${line.service}-${line.host}`].filter((part) => part !== undefined);
  return { raw, text, names, ...(line.time === undefined ? {} : { time: line.time }) };
}

function parsePino(raw: string): PinoLine | undefined {
  if (!raw.startsWith('{')) return undefined;
  try {
    return JSON.parse(raw) as PinoLine;
  } catch {
    return undefined;
  }
}

/** nats-server: `[pid] 2026/11/21 09:46:24.123456 [INF] …`; PostgreSQL in UTC: `2026-11-21 09:46:24.123 UTC …`. */
function foreignTime(raw: string): string | undefined {
  const [, year, month, day, clock] = /(\d{4})[/-](\d{2})[/-](\d{2}) (\d{2}:\d{2}:\d{2}\.\d{3})/.exec(raw) ?? [];
  return clock === undefined ? undefined : `${year}-${month}-${day}T${clock}Z`;
}

/** In order of time; lines without one stay behind their predecessor. */
export function inOrder<T extends LogLine>(files: readonly (readonly T[])[]): T[] {
  const timed = files.flatMap((lines) => {
    let last = '';
    return lines.map((line) => ({ line, at: (last = line.time ?? last) }));
  });
  return timed.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ line }) => line);
}
