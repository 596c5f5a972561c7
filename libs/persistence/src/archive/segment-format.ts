import { InternalError, UnsupportedVersion } from '@aet/contracts';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { checkChain, type ChainEnd, type LinkedEvent } from '../hash-chain.js';

/** Of the text, before it is packed: about a tenth of it is stored, and this much is unpacked to read one run of it. */
export const SEGMENT_BYTES = 8 * 1024 * 1024;
const FORMAT = 'aet-archive/1';

/** The first line of a segment. */
interface SegmentHeader {
  format: typeof FORMAT;
  segment: string;
  cell: string;
  createdAt: string;
}
/** The last one: a segment without it was cut off. */
interface SegmentEnd {
  runs: number;
  events: number;
}
/** Every other: an event with the exact text of its data. Short names, as there are many. */
interface EventLine {
  r: string;
  n: number;
  t: string;
  at: string;
  p: string;
  h: string;
  d: string;
}

/** Consecutive events of one run. */
export interface RunPiece {
  runId: string;
  events: LinkedEvent[];
}

export interface Segment {
  name: string;
  cell: string;
  createdAt: string;
  pieces: ReadonlyMap<string, LinkedEvent[]>;
}

export class SegmentDamaged extends InternalError {
  constructor(
    readonly segment: string,
    what: string,
    options: { runId?: string; cause?: unknown } = {},
  ) {
    const { runId, cause } = options;
    const wanted = runId === undefined ? '' : `, which holds events of run ${runId},`;
    super(
      `the segment ${segment} of the archive${wanted} ${what}. Nothing else was changed: put its object back from a backup of the object store`,
      { cause, details: { segment, ...(runId === undefined ? {} : { runId }) } },
    );
  }
}

const pack = promisify(gzip);
const unpack = promisify(gunzip);

export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** About what an event takes in a segment's text. */
export const eventBytes = (event: LinkedEvent): number => event.data.length + event.type.length + 260;

/** Gzipped lines of JSON. */
export async function packSegment(header: Omit<SegmentHeader, 'format'>, pieces: readonly RunPiece[]): Promise<Buffer> {
  const lines = pieces.flatMap(({ events }) => events.map(lineOf));
  const end: SegmentEnd = { runs: pieces.length, events: lines.length };
  const text = [JSON.stringify({ format: FORMAT, ...header }), ...lines, JSON.stringify(end), ''].join('\n');
  return pack(Buffer.from(text), { level: 6 });
}

const lineOf = ({ runId, sequence, type, time, prevHash, hash, data }: LinkedEvent): string => {
  const line: EventLine = { r: runId, n: sequence, t: type, at: time, p: prevHash, h: hash, d: data };
  return JSON.stringify(line);
};

/** @throws {SegmentDamaged} not what was written. @throws {UnsupportedVersion} written by a later version. Links between events are checked. */
export async function unpackSegment(name: string, content: Uint8Array): Promise<Segment> {
  const lines = (await textOf(name, content)).split('\n');
  const header = parsed(name, lines[0] ?? '', 'its first line') as SegmentHeader;
  if (header.format !== FORMAT)
    throw new UnsupportedVersion(
      `the segment ${name} has the format "${String(header.format)}": a later version of AET reads it`,
    );
  const end = parsed(name, lines.at(-2) ?? '', 'its last line') as SegmentEnd;
  const pieces = new Map<string, LinkedEvent[]>();
  for (const line of lines.slice(1, -2)) {
    const event = eventOf(parsed(name, line, 'a line') as EventLine);
    const piece = pieces.get(event.runId);
    if (piece === undefined) pieces.set(event.runId, [event]);
    else piece.push(event);
  }
  if (header.segment !== name) throw new SegmentDamaged(name, `says that it is the segment "${header.segment}"`);
  if (end.events !== lines.length - 3 || end.runs !== pieces.size) throw new SegmentDamaged(name, 'is not complete');
  for (const [runId, events] of pieces) checkPiece(name, runId, events);
  return { name, cell: header.cell, createdAt: header.createdAt, pieces };
}

function checkPiece(name: string, runId: string, events: readonly LinkedEvent[]): ChainEnd {
  const [first] = events as readonly [LinkedEvent];
  try {
    return checkChain(runId, { sequence: first.sequence - 1, hash: first.prevHash }, events);
  } catch (cause) {
    throw new SegmentDamaged(name, `does not hold what was written (${(cause as Error).message})`, { runId, cause });
  }
}

async function textOf(name: string, content: Uint8Array): Promise<string> {
  try {
    return (await unpack(content)).toString('utf8');
  } catch (cause) {
    throw new SegmentDamaged(name, 'cannot be unpacked', { cause });
  }
}

function parsed(name: string, line: string, which: string): object {
  try {
    const value = JSON.parse(line) as unknown;
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // said below
  }
  throw new SegmentDamaged(name, `cannot be read: ${which} is not what a segment has there`);
}

const eventOf = ({ r, n, t, at, p, h, d }: EventLine): LinkedEvent => ({
  runId: r,
  sequence: n,
  type: t,
  time: at,
  data: d,
  prevHash: p,
  hash: h,
});
