import { NotFound } from '@aet/contracts';
import type { ArchiveStore } from '@aet/messaging';
import type { Pool } from 'pg';
import type { LinkedEvent } from '../hash-chain.js';
import { type PieceRow, piecesOfRun } from './archive-index.js';
import { type Segment, SegmentDamaged, sha256, unpackSegment } from './segment-format.js';

/** Unpacked segments that are kept for the next question, as pages of a run and runs of a time are asked for one after the other. */
const KEPT = 4;

/** Reads what lies in segments. */
export class ArchivedEvents {
  /** In the order of their last use. */
  private readonly kept = new Map<string, Promise<Segment>>();

  constructor(private readonly store: Pick<ArchiveStore, 'get'>) {}

  /**
   * Events of the run from one sequence to another, both inclusive. Undefined: not all of them lie in segments any more, so the table has them.
   * @throws {SegmentDamaged} naming segment and run
   */
  async read(db: Pool, runId: string, from: number, to: number): Promise<LinkedEvent[] | undefined> {
    const pieces = (await piecesOfRun(db, runId)).filter((piece) => piece.to >= from && piece.from <= to);
    const events: LinkedEvent[] = [];
    for (const piece of pieces) events.push(...(await this.piece(piece)));
    const wanted = events.filter(({ sequence }) => sequence >= from && sequence <= to);
    return wanted.length === to - from + 1 ? wanted : undefined;
  }

  async piece({ runId, from, to, segment, sha256: digest }: PieceRow): Promise<LinkedEvent[]> {
    const { pieces } = await this.segment(segment, digest, runId);
    const events = (pieces.get(runId) ?? []).filter(({ sequence }) => sequence >= from && sequence <= to);
    if (events.length !== to - from + 1) throw new SegmentDamaged(segment, `lacks events ${from} to ${to} of it`, { runId });
    return events;
  }

  /** @param runId whose events are wanted, for the error */
  async segment(name: string, digest: string, runId?: string): Promise<Segment> {
    const known = this.kept.get(name);
    this.kept.delete(name);
    const loading = known ?? this.load(name, digest);
    this.kept.set(name, loading);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      this.kept.delete(oldest);
    }
    try {
      return await loading;
    } catch (cause) {
      this.kept.delete(name);
      const missing = cause instanceof NotFound;
      if (!missing && !(cause instanceof SegmentDamaged)) throw cause;
      throw new SegmentDamaged(name, missing ? 'is not in the object store' : 'is damaged', {
        cause,
        ...(runId === undefined ? {} : { runId }),
      });
    }
  }

  /** What is kept in memory is forgotten: the next question reads anew. */
  forget(name?: string): void {
    if (name === undefined) this.kept.clear();
    else this.kept.delete(name);
  }

  private async load(name: string, digest: string): Promise<Segment> {
    const content = await this.store.get(name).catch((cause: unknown) => {
      throw isDamage(cause) ? new SegmentDamaged(name, 'is damaged', { cause }) : cause;
    });
    if (content === undefined) throw new NotFound(`the segment ${name} is not in the object store`);
    if (sha256(content) !== digest) throw new SegmentDamaged(name, 'is not what was written: its digest differs');
    return unpackSegment(name, content);
  }
}

/** The store's own digest did not match. */
const isDamage = (cause: unknown): boolean => (cause as { code?: string }).code === 'INTERNAL';
