import { AetError, type ErrorBody, type SubmitRun, ValidationFailed } from '@aet/contracts';

/** A line of a batch as it was read. A list in YAML has its elements instead; the number is that of the line where one begins. */
export interface BatchLine {
  line: number;
  text: string;
}

/** What a line asks for, or why it cannot be asked. */
export type Wish = { line: number; bytes: number; run: SubmitRun } | { line: number; error: ErrorBody };

/** Two of the largest fit into one message. Bytes. */
const LARGEST = 512 * 1024;

const FIELDS: ReadonlySet<string> = new Set([
  'workflow',
  'document',
  'inputs',
  'priority',
  'durability',
  'lane',
  'startAt',
  'idempotencyKey',
  'submittedBy',
]);

/**
 * @param batch names what the lines belong to: a line without an idempotency key gets one of it and its number, so that it makes one run, however often it is sent
 * @param workflow of all lines, which then hold inputs only
 */
export function wishOf({ line, text }: BatchLine, batch: string, workflow?: string): Wish {
  try {
    const bytes = Buffer.byteLength(text);
    if (bytes > LARGEST)
      throw refused(`has ${bytes} bytes, ${LARGEST} are allowed: store the data as an artifact and pass its name`);
    const value = parsed(text);
    const asked = workflow === undefined ? submitOf(value) : { workflow, inputs: value };
    return { line, bytes, run: { idempotencyKey: `batch:${batch}:${line}`, submittedBy: 'aet', ...asked } };
  } catch (error) {
    if (error instanceof AetError) return { line, error: error.toBody() };
    throw error;
  }
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refused(`is not JSON: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw refused('is not a JSON object');
}

function submitOf(value: Record<string, unknown>): Partial<SubmitRun> {
  const unknown = Object.keys(value).filter((field) => !FIELDS.has(field));
  if (unknown.length > 0)
    throw refused(`has no field ${unknown.map((field) => `"${field}"`).join(', ')}; it may have: ${[...FIELDS].join(', ')}`);
  if ((value['workflow'] === undefined) === (value['document'] === undefined))
    throw refused(
      'must have either "workflow", a name, or "document", a whole workflow; with --workflow each line is an object of inputs',
    );
  return value;
}

const refused = (what: string): ValidationFailed =>
  new ValidationFailed(`it ${what}`, [{ path: '', rule: 'line', message: what }]);
