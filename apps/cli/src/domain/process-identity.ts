/**
 * A process beyond doubt: the system gives process ids out again, never with the same start. A signal goes only to an identity
 * that was compared just before.
 */
export interface ProcessIdentity {
  pid: number;
  /** Opaque: on Linux the start in clock ticks and the boot, elsewhere what `ps` prints. */
  start: string;
}

export const sameProcess = (a: ProcessIdentity, b: ProcessIdentity | undefined): boolean =>
  b !== undefined && a.pid === b.pid && a.start === b.start;

/**
 * State letter, session and start from `/proc/<pid>/stat`. The name in it is free text that may hold spaces and brackets: what counts stands after
 * the last `)`. Source: proc_pid_stat(5), fields 3, 4, 6 and 22.
 */
export function parseProcStat(stat: string): { state: string; parent: number; session: number; startTicks: string } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, session, startTicks] = [fields[0], fields[1], fields[3], fields[19]];
  if (stat.lastIndexOf(')') < 0 || state === undefined || startTicks === undefined) return undefined;
  return { state, parent: Number(parent), session: Number(session), startTicks };
}
