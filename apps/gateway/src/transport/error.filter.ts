import { type ErrorBody, ErrorCode, toErrorBody } from '@aet/contracts';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { TooManyFailedLogins } from '../application/access.js';
import { codeOfHttpStatus, httpStatusOf } from '../domain/http-status.js';
import type { HttpReply, HttpRequest } from './http-types.js';

/** Texts of unexpected errors may say what is nobody's business. */
const OURS =
  'the request failed for a reason of ours: `aet logs gateway` says why; of a run, `aet verify-state` says whether its record is damaged';

/** Every refusal, whoever made it, leaves as an `ErrorBody` with the status of its code. What is not ours tells its text to the log only. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly log = new Logger(ErrorFilter.name);

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') throw error;
    const http = host.switchToHttp();
    const reply = http.getResponse<HttpReply>();
    if (reply.raw.headersSent) return reply.raw.destroy();
    const { status, body } = this.translate(error, http.getRequest<HttpRequest>());
    if (status === 401) void reply.header('www-authenticate', 'Bearer realm="aet"');
    if (error instanceof TooManyFailedLogins) void reply.header('retry-after', Math.ceil(error.waitMs / 1000));
    else if (body.retryable && (status === 429 || status === 503)) void reply.header('retry-after', 1);
    return reply.status(status).header('cache-control', 'no-store').type('application/json').send(JSON.stringify(body));
  }

  private translate(error: unknown, request: HttpRequest): { status: number; body: ErrorBody } {
    const status = ownStatus(error);
    if (status !== undefined && status < 500) {
      return { status, body: { code: codeOfHttpStatus(status), message: (error as Error).message, retryable: false } };
    }
    if (error instanceof HttpException) {
      return { status: error.getStatus(), body: { ...toErrorBody(error), code: codeOfHttpStatus(error.getStatus()) } };
    }
    const body = toErrorBody(error);
    if (body.code !== ErrorCode.Internal) return { status: httpStatusOf(body.code), body };
    const path = request.url.split('?')[0];
    this.log.error({ err: error, method: request.method, path }, 'a request failed for a reason of ours');
    return { status: 500, body: { code: ErrorCode.Internal, message: OURS, retryable: false } };
  }
}

/** The status of a refusal by Nest or Fastify, such as an unknown path, a body that is not JSON or one that is too large. */
function ownStatus(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = error instanceof Error ? (error as Error & { statusCode?: unknown }).statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}
