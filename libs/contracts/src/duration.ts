import { WorkflowInvalid } from './errors.js';

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
/** A timer of Node, and with it every deadline, ends here; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** `500ms`, `30s`, `5m` or `2h` in milliseconds. @throws {WorkflowInvalid} */
export function parseDuration(text: string): number {
  const match = /^([0-9]+)(ms|s|m|h)$/.exec(text);
  if (match === null)
    throw new WorkflowInvalid(`"${text}" is not a duration: write a number and a unit, such as 500ms, 30s, 5m or 2h`);
  const ms = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  if (ms < 1 || ms > LONGEST_MS) throw new WorkflowInvalid(`"${text}" is out of range: a duration is between 1ms and 596h`);
  return ms;
}
