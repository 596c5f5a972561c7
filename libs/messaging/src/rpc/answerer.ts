import { DeadlinePassed, type ErrorBody, ErrorCode } from '@aet/contracts';
import { isPassed, remainingMs } from '@aet/resilience';
import { type Correlation, correlation, inSpan } from '@aet/telemetry';
import type { Msg } from '@nats-io/nats-core';
import type { Logger } from '@nestjs/common';
import { isObservable, lastValueFrom } from 'rxjs';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { messagingErrorsOf } from '../messaging-errors.js';
import type { CallInHand, CallsInHand } from './calls-in-hand.js';
import type { Endpoint } from './endpoint.js';
import { incomingCorrelation } from './incoming-correlation.js';
import { IncomingHeaders } from './incoming-headers.js';
import { RpcCall } from './rpc-call.js';
import { sendError, sendResult } from './send-reply.js';
import { errorBodyOf } from './service-error.js';
import { type OutgoingStream, isStream, itemsOf } from './stream/outgoing-stream.js';
import type { OutgoingStreams } from './stream/outgoing-streams.js';

/** Runs a handler between what instrumentation of Nest has hung around all handlers. */
export type Around = (call: RpcCall, work: () => Promise<unknown>) => Promise<unknown>;

export interface AnswererRoom {
  link: NatsLink;
  instance: string;
  calls: CallsInHand;
  streams: OutgoingStreams;
  logger: Logger;
  /** Refuse what cannot be answered in time. */
  shed: boolean;
  around: Around;
}

/** Answers one request after the other: reads, calls the handler, replies, counts. What goes wrong goes to the caller. */
export class Answerer {
  constructor(private readonly room: AnswererRoom) {}

  /** Never rejects. */
  async answer(endpoint: Endpoint, message: Msg): Promise<void> {
    const startedAt = performance.now();
    let inHand: CallInHand | undefined;
    let failure: ErrorBody | undefined;
    let stream: OutgoingStream | undefined;
    let place = 0;
    try {
      const headers = IncomingHeaders.ofRequest(message);
      const incoming = this.incoming(headers);
      inHand = this.room.calls.begin(message.reply ?? '', incoming.deadline);
      stream = this.room.streams.begin(headers, inHand);
      // How long streams take says nothing of how long a call takes.
      if (stream === undefined)
        place = endpoint.shedder.enter(this.room.shed ? remainingMs(incoming.deadline, Date.now()) : Infinity);
      const call = new RpcCall(message.subject, incoming, headers, inHand);
      const result = await this.invoke(endpoint, endpoint.read(message.data), call, stream);
      if (result !== STREAMED && !inHand.cancelled) sendResult(message, result, this.room.link.maxPayload);
    } catch (error) {
      failure = this.fail(message, error, inHand);
    }
    const tookMs = performance.now() - startedAt;
    if (stream !== undefined) this.room.streams.end(stream);
    if (inHand !== undefined) this.room.calls.end(inHand);
    // A call that was given up took at least so long; one that was refused says nothing of the work.
    if (place > 0) endpoint.shedder.leave(place, failure === undefined || inHand?.cancelled === true ? tookMs : undefined);
    endpoint.count(tookMs, failure);
  }

  /** @throws {DeadlinePassed} {ValidationFailed} */
  private incoming(headers: IncomingHeaders): Correlation {
    const incoming = incomingCorrelation(headers);
    const now = Date.now();
    if (!isPassed(incoming.deadline, now)) return incoming;
    const late = `${-remainingMs(incoming.deadline, now)} ms before ${this.room.instance} got the request`;
    throw new DeadlinePassed(
      `the deadline had passed ${late}, by whose clock it is ${new Date(now).toISOString()}; it was not begun: is a clock wrong?`,
    );
  }

  private invoke(endpoint: Endpoint, request: unknown, call: RpcCall, stream: OutgoingStream | undefined): Promise<unknown> {
    const { handler } = endpoint.binding;
    const settle = handler.isEventHandler === true ? nothing : stream === undefined ? lastOf : streamedBy(stream);
    const work = (): Promise<unknown> => handler(request, call).then(settle);
    return correlation.run(call.correlation, () =>
      inSpan(endpoint.spanName, call.correlation, () => this.room.around(call, work)),
    );
  }

  private fail(message: Msg, error: unknown, inHand: CallInHand | undefined): ErrorBody {
    const body = errorBodyOf(error);
    if (body.code === ErrorCode.Internal) this.room.logger.error(error);
    messagingErrorsOf(this.room.link).countCode('request', body.code);
    if (inHand?.cancelled === true || connectionOf(this.room.link).isClosed()) return body;
    sendError(message, body, this.room.link.maxPayload, inHand === undefined ? Date.now() : undefined);
    return body;
  }
}

/** The result of a handler whose many replies have been sent. */
const STREAMED = Symbol('streamed');

const streamedBy =
  (stream: OutgoingStream) =>
  async (outcome: unknown): Promise<unknown> => {
    const items = itemsOf(outcome);
    if (items === undefined) return outcome;
    await stream.send(items);
    return STREAMED;
  };

/** The one reply to a caller that reads one: of many, the last. */
function lastOf(outcome: unknown): unknown {
  if (isObservable(outcome)) return lastValueFrom(outcome, { defaultValue: undefined }).then(lastOf);
  return isStream(outcome) ? lastItemOf(outcome) : outcome;
}

async function lastItemOf(items: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown;
  for await (const item of items) last = item;
  return last;
}

/** An event has no answer; that it was heard is one, where somebody asked. */
const nothing = async (outcome: unknown): Promise<undefined> => void (await lastOf(outcome));
