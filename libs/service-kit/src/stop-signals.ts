/** What a shell reports of a program that Ctrl-C ended: 128 + SIGINT. */
const INTERRUPTED = 130;

/**
 * Calls `stop` at the first SIGTERM or SIGINT. The same signal a second time ends the process at once: somebody does not want to wait.
 * Ctrl-C in a terminal reaches service and supervisor alike, and the supervisor's SIGTERM follows: that is one wish, not two.
 */
export function onStopSignal(stop: (reason: string) => void): void {
  const seen = new Set<NodeJS.Signals>();
  const receive = (signal: NodeJS.Signals): void => {
    if (seen.has(signal)) process.exit(INTERRUPTED);
    seen.add(signal);
    stop(signal);
  };
  process.on('SIGTERM', receive);
  process.on('SIGINT', receive);
}
