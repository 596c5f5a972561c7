import { Unavailable } from '@aet/contracts';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/nats-core';
import { type CallEnd, PendingCall } from '../rpc/pending-calls.js';
import type { Published } from '../work-queue.js';

/** NATS' own answers, by the code of their header: nobody listens there; the stream has too much on its hands. */
const NOBODY = 503;
const TOO_BUSY = 429;

/** A stream did not say that it has the message; it may have it. To be repeated under the same id. */
export class NoAnswer extends Error {}

/** The server's refusal to let this user publish. */
export class Denied extends Error {}

/** One publish that waits for its stream's answer. */
export class StoredAnswer extends PendingCall {
  constructor(
    subject: string,
    private readonly resolve: (published: Published) => void,
    private readonly reject: (error: Error) => void,
    private readonly left: () => void,
  ) {
    super(subject);
  }

  override leave(): void {
    super.leave();
    this.left();
  }

  replied(message: Msg): void {
    this.leave();
    try {
      this.resolve(readAnswer(message));
    } catch (error) {
      this.reject(error as Error);
    }
  }

  protected ended(how: CallEnd): void {
    if (how.kind === 'denied') this.reject(new Denied(how.reason));
    else this.reject(new NoAnswer(how.kind === 'timeout' ? 'timeout' : 'the connection broke'));
  }
}

interface Answer {
  stream?: string;
  seq?: number;
  duplicate?: boolean;
  error?: { code: number; err_code: number; description: string };
}

/** @throws {NoAnswer} nobody took it; {JetStreamApiError} the stream refused it; {Unavailable} something else answers there. */
function readAnswer(message: Msg): Published {
  if (message.data.length === 0) {
    const code = message.headers?.code;
    throw new NoAnswer(code === NOBODY ? 'no stream listens' : code === TOO_BUSY ? 'too many requests' : 'an empty answer');
  }
  const { stream, seq, duplicate, error } = JSON.parse(message.string()) as Answer;
  if (error !== undefined) throw new JetStreamApiError(error);
  if (stream === undefined || seq === undefined) throw new Unavailable('what answered is not a stream');
  return { sequence: seq, duplicate: duplicate ?? false };
}
