import { DeadlinePassed, type ErrorBody, ErrorCode } from '@aet/contracts';
import { isPassed } from '@aet/resilience';
import { correlation, inSpan } from '@aet/telemetry';
import type { Msg } from '@nats-io/nats-core';
import type { Logger } from '@nestjs/common';
import { isObservable, lastValueFrom } from 'rxjs';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import type { CallInHand, CallsInHand } from './calls-in-hand.js';
import type { Endpoint } from './endpoint.js';
import { incomingCorrelation } from './incoming-correlation.js';
import { IncomingHeaders } from './incoming-headers.js';
import { RpcCall } from './rpc-call.js';
import { sendError, sendResult } from './send-reply.js';
import { errorBodyOf } from './service-error.js';

/** Answers one request after the other: reads, calls the handler, replies, counts. What goes wrong goes to the caller. */
export class Answerer {
  constructor(
    private readonly link: NatsLink,
    private readonly instance: string,
    private readonly calls: CallsInHand,
    private readonly logger: Logger,
  ) {}

  /** Never rejects. */
  async answer(endpoint: Endpoint, message: Msg): Promise<void> {
    const startedAt = performance.now();
    let inHand: CallInHand | undefined;
    let failure: ErrorBody | undefined;
    try {
      const call = this.read(message);
      inHand = call.inHand;
      const result = await this.invoke(endpoint, endpoint.read(message.data), call);
      if (!inHand.cancelled) sendResult(message, result, this.link.maxPayload);
    } catch (error) {
      failure = this.fail(message, error, inHand);
    }
    if (inHand !== undefined) this.calls.end(inHand);
    endpoint.count(performance.now() - startedAt, failure);
  }

  /** @throws {DeadlinePassed} {ValidationFailed} */
  private read(message: Msg): RpcCall {
    const headers = IncomingHeaders.of(message);
    const incoming = incomingCorrelation(headers);
    if (isPassed(incoming.deadline, Date.now())) {
      throw new DeadlinePassed(`the deadline had passed when ${this.instance} got the request; it was not begun`);
    }
    return new RpcCall(message.subject, incoming, headers, this.calls.begin(message.reply ?? '', incoming.deadline));
  }

  private invoke({ binding: { handler }, spanName }: Endpoint, request: unknown, call: RpcCall): Promise<unknown> {
    return correlation.run(call.correlation, () =>
      inSpan(spanName, call.correlation, () => handler(request, call).then(handler.isEventHandler === true ? nothing : lastOf)),
    );
  }

  private fail(message: Msg, error: unknown, inHand: CallInHand | undefined): ErrorBody {
    const body = errorBodyOf(error);
    if (body.code === ErrorCode.Internal) this.logger.error(error);
    if (inHand?.cancelled !== true && !connectionOf(this.link).isClosed()) sendError(message, body, this.link.maxPayload);
    return body;
  }
}

/** Handlers that return plain values, and those without interceptors, have no Observable to wait for. */
const lastOf = (outcome: unknown): unknown =>
  isObservable(outcome) ? lastValueFrom(outcome, { defaultValue: undefined }) : outcome;

/** An event has no answer; that it was heard is one, where somebody asked. */
const nothing = async (outcome: unknown): Promise<undefined> => void (await lastOf(outcome));
