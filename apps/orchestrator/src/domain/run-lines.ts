import {
  type RunExportEvent,
  type RunExportHeader,
  type RunExportLine,
  RUN_EXPORT_FORMAT,
  ValidationFailed,
} from '@aet/contracts';

/** Longest line: an event of the largest size, quoted. Characters. */
const LONGEST_LINE = 4 * 1024 * 1024;

/** The lines of a text that comes in pieces; a last one without its end counts. @throws {ValidationFailed} */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncIterable<{ number: number; text: string }> {
  let [rest, number] = ['', 0];
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield { number: ++number, text };
    if (rest.length > LONGEST_LINE) throw refusedLine(number + 1, 'is too long to be a line of an exported run');
  }
  if (rest !== '') yield { number: ++number, text: rest };
}

/** @throws {ValidationFailed} naming the line */
export function parseLine(number: number, text: string): RunExportLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusedLine(number, 'is not JSON');
  }
  if (isHeader(value) || isEvent(value) || isPiece(value)) return value;
  throw refusedLine(number, 'is neither a header, nor an event, nor a piece of a value');
}

export const refusedLine = (number: number, what: string): ValidationFailed => {
  const message = `line ${number} ${what}: the file is damaged, or was not written by \`aet runs export\`. Nothing was imported`;
  return new ValidationFailed(message, [{ path: `line ${number}`, rule: 'format', message }]);
};

type Fields = Record<string, unknown>;
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): value is string => typeof value === 'string';
const isHash = (value: unknown): boolean => isText(value) && /^[0-9a-f]{64}$/.test(value);
const isTime = (value: unknown): boolean => isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);

const isHeader = (value: unknown): value is RunExportHeader =>
  isRecord(value) &&
  value['format'] === RUN_EXPORT_FORMAT &&
  isText(value['runId']) &&
  isCount(value['events']) &&
  isHash(value['headHash']);

function isEvent(value: unknown): value is RunExportEvent {
  const event = isRecord(value) ? value['event'] : undefined;
  return (
    isRecord(event) &&
    isCount(event['sequence']) &&
    isText(event['type']) &&
    isTime(event['time']) &&
    isHash(event['hash']) &&
    isRecord(event['data'])
  );
}

function isPiece(value: unknown): value is Extract<RunExportLine, { payload: unknown }> {
  const piece = isRecord(value) ? value['payload'] : undefined;
  return (
    isRecord(piece) &&
    isHash(piece['sha256']) &&
    isCount(piece['bytes']) &&
    isCount(piece['part']) &&
    isCount(piece['parts']) &&
    isText(piece['text'])
  );
}
