import type { FastifyReply, FastifyRequest } from 'fastify';

/** How a request under `/v1` proved that it may come in. */
export type Proof = 'token' | 'session';

export type HttpRequest = FastifyRequest & { proof?: Proof };
export type HttpReply = FastifyReply;
