import { ValidationFailed } from '@aet/contracts';

/** One task of several: what, and what for. */
export interface AskedTask {
  what: string;
  inputs: Record<string, unknown>;
  agent?: string;
}

/** The tasks of a file: a line of JSON for each, a text or `{ "what", "inputs", "agent" }`. Empty lines are passed over. @throws {ValidationFailed} naming the line */
export function tasksOfLines(text: string, file: string): AskedTask[] {
  return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [taskOf(line, `${file}:${index + 1}`)]));
}

function taskOf(line: string, place: string): AskedTask {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw refused(place, 'is not JSON');
  }
  if (typeof value === 'string') return { what: value, inputs: {} };
  if (typeof value !== 'object' || value === null) throw refused(place, 'is neither a text nor an object');
  const { what, inputs = {}, agent } = value as { what?: unknown; inputs?: unknown; agent?: unknown };
  if (typeof what !== 'string' || what === '') throw refused(place, 'does not say "what"');
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs))
    throw refused(place, 'has inputs that are no object');
  if (agent !== undefined && typeof agent !== 'string') throw refused(place, 'has an agent that is no text');
  return { what, inputs: inputs as Record<string, unknown>, ...(agent === undefined ? {} : { agent }) };
}

const refused = (place: string, why: string): ValidationFailed =>
  new ValidationFailed(`${place} ${why}: write a line such as {"what":"secret-scan","inputs":{"repo":"."}}`, []);
