import type { RecordFinding, StoredRunEvent } from '@aet/contracts';
import type { FactCopy } from '@aet/messaging';
import type { ScannedHead } from '../rebuild/run-scan.js';
import { factId, fitting, shortened } from '../relay/run-fact.js';
import { digestOf, FactIndex } from './fact-index.js';

/** Facts that are looked at once more at the end, one by one. More than so many faults are as good as all. */
const DOUBTFUL = 10_000;
/** Clocks of replicas and server may differ by so much. Milliseconds. */
const SKEW_MS = 2_000;

type SequenceOf = (runId: string) => Promise<number>;

interface Doubt {
  runId: string;
  sequence: number;
  digests: number[];
}

/**
 * The stream's copy beside the log. The stream is read first, as a whole, into an index; then every event of the log is held against it. What
 * differs is read from the stream once more at the end: what was being told meanwhile is no fault.
 */
export class StreamCheck {
  messages = 0;
  private readonly index = new FactIndex();
  private readonly doubts = new Map<string, Doubt>();
  private readonly startedAt = Date.now();
  /** Unix milliseconds: what came later must be there. Undefined: the stream has nothing, as it was made anew. */
  private keptSince: number | undefined;

  constructor(private readonly copy: FactCopy) {}

  /** Reads the stream. @returns messages that are none of a relay's */
  async read(onMessage: () => void = () => undefined): Promise<RecordFinding[]> {
    const findings: RecordFinding[] = [];
    for await (const { streamSequence, storedAt, facts, runId } of this.copy.facts()) {
      this.keptSince ??= storedAt;
      this.messages++;
      if (facts.length === 0) findings.push(unreadable(streamSequence, runId));
      for (const { id, type, time, data } of facts) this.learn(id, digestOf(type, time, data), streamSequence);
      onMessage();
    }
    return findings;
  }

  /** Another content under a known id: one of them is not the log's. */
  private learn(id: string, digest: number, streamSequence: number): void {
    const known = this.index.find(id);
    if (known === undefined) this.index.add(id, digest, streamSequence);
    else if (known.digest !== digest) this.doubt(id, []);
  }

  readonly seen = (event: StoredRunEvent, head: ScannedHead): void => {
    const id = factId(event);
    const fact = this.index.find(id);
    const digests = (): number[] => digestsOf(event);
    if (fact !== undefined) {
      this.index.match(id);
      if (fact.digest !== digestOf(event.type, event.time, event.data) && !digests().includes(fact.digest))
        this.doubt(id, digests());
      else this.expect(id, digests);
      return;
    }
    const at = Date.parse(event.time);
    const due = event.sequence <= head.told && head.epoch <= 1 && this.keptSince !== undefined;
    if (due && at >= (this.keptSince ?? 0) + SKEW_MS && at < this.startedAt - SKEW_MS) this.doubt(id, digests());
  };

  /**
   * Reads what is in doubt, run by run, and names what stays wrong.
   * @param sequenceOf where the log of a run stands; 0: there is no such run
   */
  async settle(sequenceOf: SequenceOf): Promise<RecordFinding[]> {
    const findings: RecordFinding[] = [];
    const byRun = Map.groupBy(this.doubts.values(), ({ runId }) => runId);
    for (const [runId, doubts] of byRun) findings.push(...(await this.settleRun(runId, doubts)));
    if (this.index.unmatched > 0) findings.push(...(await this.strangers(sequenceOf)));
    return findings;
  }

  private async settleRun(runId: string, doubts: readonly Doubt[]): Promise<RecordFinding[]> {
    const findings: RecordFinding[] = [];
    const left = new Map(doubts.map((doubt) => [factId(doubt), doubt]));
    const told = new Set<string>();
    for await (const { facts, streamSequence } of this.copy.facts(runId)) {
      for (const { id, type, time, data } of facts) {
        const doubt = left.get(id);
        if (doubt === undefined) continue;
        told.add(id);
        if (doubt.digests.length > 0 && !doubt.digests.includes(digestOf(type, time, data)))
          findings.push(differing(doubt, streamSequence));
      }
    }
    for (const [id, doubt] of left) if (!told.has(id) && doubt.digests.length > 0) findings.push(missing(doubt));
    return findings;
  }

  /** Facts that no event of the log stands for. Where the log should have one, and has none that can be believed, that was said already. */
  private async strangers(sequenceOf: SequenceOf): Promise<RecordFinding[]> {
    const findings: RecordFinding[] = [];
    for await (const { facts, streamSequence } of this.copy.facts()) {
      for (const { id } of facts) {
        if (this.index.find(id)?.matched !== false) continue;
        const { runId, sequence } = partsOf(id);
        if (sequence <= (await sequenceOf(runId))) continue;
        const message = `message ${streamSequence} of the event stream tells event ${sequence} of run ${runId}, which the log does not have`;
        findings.push({ what: 'message', kind: 'added', message, runId, sequence, streamSequence });
      }
    }
    return findings;
  }

  private doubt(id: string, digests: number[]): void {
    if (this.doubts.size >= DOUBTFUL && !this.doubts.has(id)) return;
    this.doubts.set(id, { ...partsOf(id), digests });
  }

  /** What the log says of a fact that stands in the stream with two contents. */
  private expect(id: string, digests: () => number[]): void {
    const doubt = this.doubts.get(id);
    if (doubt !== undefined) doubt.digests = digests();
  }
}

const partsOf = (id: string): { runId: string; sequence: number } => {
  const cut = id.lastIndexOf(':');
  return { runId: id.slice(0, cut), sequence: Number(id.slice(cut + 1)) };
};

/** A fact is told whole, or without its large members where the server did not take it. */
const digestsOf = (event: StoredRunEvent): number[] =>
  [event, fitting(event), shortened(event)].map(({ type, time, data }) => digestOf(type, time, data));

const unreadable = (streamSequence: number, runId: string): RecordFinding => ({
  what: 'message',
  kind: 'changed',
  message: `message ${streamSequence} of the event stream, which is under the subject of run ${runId}, holds no event of a run`,
  runId,
  streamSequence,
});

const differing = ({ runId, sequence }: Doubt, streamSequence: number): RecordFinding => ({
  what: 'message',
  kind: 'changed',
  message: `message ${streamSequence} of the event stream tells event ${sequence} of run ${runId} otherwise than the log`,
  runId,
  sequence,
  streamSequence,
});

const missing = ({ runId, sequence }: Doubt): RecordFinding => ({
  what: 'message',
  kind: 'lost',
  message: `event ${sequence} of run ${runId} was told, and the event stream does not have it`,
  runId,
  sequence,
});
