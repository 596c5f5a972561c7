import { isRunEnded } from '@aet/contracts';
import type { AppendRequest, Head, WrittenRun } from './append-batch.js';

/** About 1 KiB each. */
const CAPACITY = 50_000;

/**
 * Where runs stood when this process wrote them last. Never the truth, only a good guess that saves reading: the keys of the log refuse what
 * rests on a wrong one. Of a run that has ended nothing more is expected.
 */
export class KnownHeads {
  private readonly heads = new Map<string, Head>();

  of(requests: readonly AppendRequest[]): Map<string, Head> {
    const found = new Map<string, Head>();
    for (const { runId } of requests) {
      const head = this.heads.get(runId);
      if (head !== undefined) found.set(runId, head);
    }
    return found;
  }

  learn(written: readonly WrittenRun[]): void {
    for (const { runId, head } of written) {
      // Behind the others again: who was written long ago goes first.
      this.heads.delete(runId);
      if (head.summary !== undefined && !isRunEnded(head.summary.status)) this.heads.set(runId, head);
    }
    for (const oldest of this.heads.keys()) {
      if (this.heads.size <= CAPACITY) break;
      this.heads.delete(oldest);
    }
  }

  forget(requests: readonly AppendRequest[]): void {
    for (const { runId } of requests) this.heads.delete(runId);
  }
}
