import { AetError, toErrorBody } from '@aet/contracts';
import { ExitCode } from './command-context.js';

/** One line that says what is wrong and what to do; with `--json` the same as an object on standard output. */
export function showError(error: unknown, json: boolean): number {
  if (json) process.stdout.write(`${JSON.stringify({ error: toErrorBody(error) })}\n`);
  else process.stderr.write(`error: ${oneLine(error)}\n`);
  return ExitCode.Failed;
}

/** What is not ours is a defect: its stack is worth more than a pretty line. */
function oneLine(error: unknown): string {
  if (!(error instanceof AetError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const [first = '', ...rest] = error.message.split('\n');
  return rest.length === 1 ? `${first} ${(rest[0] ?? '').trim()}` : error.message;
}
