import { type DeadLetter, NotFound, type StoredDeadLetter, Stream, streamName } from '@aet/contracts';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { DeadLetters, type LetterQuery, capabilityOf } from '../dead-letters.js';
import { jetStreamError } from './jetstream-error.js';

/** Letters that one page looks at, and questions to the server at once. */
const LOOKED_AT = 2_000;
const QUESTIONS = 32;

/** In the stream DLQ; a letter's number is its sequence. */
export class JetStreamDeadLetters extends DeadLetters {
  private readonly stream: string;
  private manager: Promise<JetStreamManager> | undefined;

  constructor(
    private readonly link: NatsLink,
    namespace: string,
  ) {
    super();
    this.stream = streamName(Stream.Dlq, namespace);
  }

  async page(query: LetterQuery): Promise<{ letters: StoredDeadLetter[]; next?: number }> {
    const { state } = await this.asked('reading the dead letters', (jsm) => jsm.streams.info(this.stream));
    // A stream that never had a message begins at 0, which is nobody's number.
    const first = Math.max(1, state.first_seq);
    const newest = Math.min(state.last_seq, (query.before ?? Infinity) - 1);
    const oldest = Math.max(first, newest - LOOKED_AT + 1);
    const letters: StoredDeadLetter[] = [];
    for (let last = newest; last >= oldest; last -= QUESTIONS) {
      const sequences = Array.from({ length: Math.min(QUESTIONS, last - oldest + 1) }, (_, index) => last - index);
      for (const letter of await Promise.all(sequences.map((sequence) => this.find(sequence)))) {
        if (letter === undefined || !isWanted(letter, query)) continue;
        letters.push(letter);
        if (letters.length === query.limit) return letter.sequence > first ? { letters, next: letter.sequence } : { letters };
      }
    }
    return oldest > first ? { letters, next: oldest } : { letters };
  }

  async get(sequence: number): Promise<StoredDeadLetter> {
    const letter = await this.find(sequence);
    if (letter === undefined) throw notThere(sequence);
    return letter;
  }

  async remove(sequence: number): Promise<void> {
    await this.get(sequence);
    // Without overwriting its bytes first: it is no secret that is removed.
    await this.asked('removing a dead letter', (jsm) => jsm.streams.deleteMessage(this.stream, sequence, false));
  }

  private async find(sequence: number): Promise<StoredDeadLetter | undefined> {
    try {
      const message = await this.asked('reading a dead letter', (jsm) => jsm.streams.getMessage(this.stream, { seq: sequence }));
      return message === null ? undefined : { ...message.json<DeadLetter>(), sequence };
    } catch (error) {
      // Removed by hand, or no letter of ours.
      if (error instanceof NotFound || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  private async asked<T>(what: string, question: (jsm: JetStreamManager) => Promise<T>): Promise<T> {
    this.manager ??= jetstreamManager(connectionOf(this.link), { checkAPI: false });
    try {
      return await question(await this.manager);
    } catch (error) {
      throw jetStreamError(error, what);
    }
  }
}

const isWanted = (letter: StoredDeadLetter, { capability, reason }: LetterQuery): boolean =>
  (reason === undefined || letter.reason === reason) && (capability === undefined || capabilityOf(letter) === capability);

const notThere = (sequence: number): NotFound =>
  new NotFound(`there is no dead letter ${sequence}: look at the list with \`aet dlq ls\``);
