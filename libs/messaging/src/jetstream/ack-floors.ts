import type { JetStreamManager } from '@nats-io/jetstream';

/** Consumers' words are asked for again after this. An older floor is a lower one, so it errs on the side of waiting. Milliseconds. */
const FRESH_MS = 1_000;

/**
 * How far each consumer of a work queue is over with its messages. A message at or below that which is still in the stream is stranded: it was
 * acknowledged, and the server forgot that it removed it (after a full disk, or a power cut), and will not deliver it again.
 */
export class AckFloors {
  private asked = { at: -Infinity, floors: Promise.resolve<ReadonlyMap<string, number>>(new Map()) };

  constructor(
    private readonly manager: () => Promise<JetStreamManager>,
    private readonly stream: string,
  ) {}

  /** @param subject a consumer's filter; without a consumer nothing is stranded */
  async isStranded(subject: string, sequence: number): Promise<boolean> {
    const now = performance.now();
    if (now - this.asked.at > FRESH_MS) this.asked = { at: now, floors: this.ask() };
    return sequence <= ((await this.asked.floors).get(subject) ?? 0);
  }

  private async ask(): Promise<ReadonlyMap<string, number>> {
    const floors = new Map<string, number>();
    for await (const { config, ack_floor } of (await this.manager()).consumers.list(this.stream)) {
      if (config.filter_subject !== undefined) floors.set(config.filter_subject, ack_floor.stream_seq);
    }
    return floors;
  }
}
