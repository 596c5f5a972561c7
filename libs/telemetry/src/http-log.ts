import { Header } from '@aet/contracts';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pinoHttp } from 'pino-http';
import type { PinoLog } from './pino-log.js';

/** Asked every second by probes and Prometheus: told at `trace` only, unless they fail. */
const PROBES: ReadonlySet<string> = new Set(['/health', '/ready', '/metrics', '/status', '/sd']);

/** Writes one line for each request, when its response is finished or its client has gone. Called where the request enters. */
export function httpLog(log: PinoLog): (request: IncomingMessage, response: ServerResponse) => void {
  return pinoHttp({
    logger: log.pino,
    quietReqLogger: true,
    genReqId: (request) => request.id,
    customLogLevel: (request, response, error) => {
      if (response.statusCode >= 500 && error !== undefined) return 'error';
      return PROBES.has(pathOf(request.url)) && response.statusCode < 400 ? 'trace' : 'info';
    },
    serializers: {
      req: (request: { method: string; url: string }) => ({ method: request.method, path: pathOf(request.url) }),
      res: (response: { statusCode: number }) => ({ status: response.statusCode }),
    },
  });
}

/** A query may hold what nobody should log. */
const pathOf = (url: string | undefined): string => (url ?? '').split('?', 1)[0] ?? '';

/** Printable and short: what a client sends stands in our logs and on the wire. */
const CORRELATION_ID = /^[\w.:@-]{1,128}$/;

/** Of the work that this request belongs to: the caller's, or a new one. */
export function correlationIdOf(request: IncomingMessage): string {
  const given = request.headers[Header.CorrelationId.toLowerCase()];
  return typeof given === 'string' && CORRELATION_ID.test(given) ? given : randomUUID();
}
