import { Header } from '@aet/contracts';
import { correlation, correlationIdOf, httpLog, type PinoLog } from '@aet/telemetry';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DrainSequence } from './drain.js';
import type { RequestsInHand } from './requests-in-hand.js';

/** Answered while draining too: whoever asks wants to know just that. */
const PROBES: ReadonlySet<string> = new Set(['/health', '/ready', '/status', '/metrics']);

/** Largest request body: one value of the largest size that a run may have (`LARGEST_PAYLOAD_BYTES`), with what is around it. Bytes. */
const BODY_LIMIT = 24 * 1024 * 1024;

/**
 */
export function httpAdapter(drain: DrainSequence, inHand: RequestsInHand, log: PinoLog): FastifyAdapter {
  const adapter = new FastifyAdapter({
    genReqId: correlationIdOf,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true },
  });
  const fastify = adapter.getInstance();
  const tell = httpLog(log);
  fastify.addHook('onRequest', (request, reply, done) => {
    const probe = PROBES.has(pathOf(request));
    if (!probe && drain.draining) return refuse(reply);
    void reply.header(Header.CorrelationId, request.id);
    correlation.run({ correlationId: request.id, ...traceOf(request) }, () => {
      tell(request.raw, reply.raw);
      if (!probe) {
        inHand.enter();
        // The reply's socket closes once, whether the answer was sent or the client went away.
        reply.raw.once('close', () => inHand.leave());
      }
      done();
    });
  });
  return adapter;
}

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';

function refuse(reply: FastifyReply): void {
  void reply.code(503).headers({ connection: 'close', 'retry-after': '1' }).send({
    code: 'DRAINING',
    message: 'this instance is stopping: send the request again, another one takes it',
    retryable: true,
  });
}

function traceOf(request: FastifyRequest): { traceparent?: string; tracestate?: string } {
  const { traceparent, tracestate } = request.headers;
  return {
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
  };
}
