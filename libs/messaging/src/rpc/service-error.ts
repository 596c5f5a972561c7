import { ErrorCode, type ErrorBody, Header, RemoteError, toErrorBody } from '@aet/contracts';
import { type Msg, type MsgHdrs, headers } from '@nats-io/nats-core';
import { HttpException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';

/** ADR-32 wants a numeric code; by custom it is read like an HTTP status. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  [ErrorCode.ValidationFailed]: 400,
  [ErrorCode.InvalidToken]: 400,
  [ErrorCode.ConfigInvalid]: 400,
  [ErrorCode.WorkflowInvalid]: 400,
  [ErrorCode.UnsupportedVersion]: 400,
  [ErrorCode.Unauthenticated]: 401,
  [ErrorCode.Forbidden]: 403,
  [ErrorCode.NotFound]: 404,
  [ErrorCode.Conflict]: 409,
  [ErrorCode.Rejected]: 409,
  [ErrorCode.StaleOwner]: 409,
  [ErrorCode.LeaseLost]: 409,
  [ErrorCode.TopologyDiffers]: 409,
  [ErrorCode.PayloadTooLarge]: 413,
  [ErrorCode.AttemptFailed]: 422,
  [ErrorCode.EffectInDoubt]: 409,
  [ErrorCode.ResourceExhausted]: 429,
  [ErrorCode.PortsExhausted]: 429,
  [ErrorCode.Cancelled]: 499,
  [ErrorCode.Internal]: 500,
  [ErrorCode.CapabilityMissing]: 501,
  [ErrorCode.NoResponders]: 503,
  [ErrorCode.Unavailable]: 503,
  [ErrorCode.Draining]: 503,
  [ErrorCode.DeadlinePassed]: 504,
  [ErrorCode.AttemptTimeout]: 504,
};

/** What Nest's own guards and pipes throw carries an HTTP status. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: ErrorCode.ValidationFailed,
  401: ErrorCode.Unauthenticated,
  403: ErrorCode.Forbidden,
  404: ErrorCode.NotFound,
  409: ErrorCode.Conflict,
  413: ErrorCode.PayloadTooLarge,
  422: ErrorCode.ValidationFailed,
  429: ErrorCode.ResourceExhausted,
  503: ErrorCode.Unavailable,
};

/** Nest says no more of a guard that refused than this text, in an `RpcException`. */
const REFUSED_BY_GUARD = 'Forbidden resource';

/** Whatever a handler, or Nest on its way, threw. */
export function errorBodyOf(error: unknown): ErrorBody {
  if (error instanceof RpcException) return bodyOfRpcException(error.getError());
  if (error instanceof HttpException) return body(CODE_OF_STATUS[error.getStatus()] ?? ErrorCode.Internal, error.message);
  // What Nest's own filter makes of an RpcException, where `RpcErrorFilter` is not registered.
  if (typeof error === 'object' && error !== null && !(error instanceof Error)) return bodyOfRpcException(error);
  return toErrorBody(error);
}

function bodyOfRpcException(inner: string | object): ErrorBody {
  if (isErrorBody(inner)) return inner;
  const message = typeof inner === 'object' && 'message' in inner ? inner.message : inner;
  if (message === REFUSED_BY_GUARD) return body(ErrorCode.Forbidden, 'a guard of the service refuses the call');
  return typeof message === 'string' ? body(ErrorCode.Internal, message) : toErrorBody(inner);
}

/**
 * The headers that make a reply an error, after ADR-32.
 * @param notBegunAt unix milliseconds; undefined where something may have been done
 */
export function errorHeaders(error: ErrorBody, notBegunAt?: number): MsgHdrs {
  const out = headers();
  out.set(Header.ErrorCode, String(STATUS[error.code as ErrorCode] ?? 500));
  out.set(Header.Error, oneLine(`${error.code}: ${error.message}`));
  if (notBegunAt !== undefined) out.set(Header.NotBegunAt, String(notBegunAt));
  return out;
}

/** The error in a reply, if it is one. A service of others sends the headers without our body. */
export function errorInReply(message: Msg, from: string): RemoteError | undefined {
  const status = message.headers?.get(Header.ErrorCode);
  if (status === undefined || status === '') return undefined;
  const text = message.headers?.get(Header.Error) ?? '';
  const said = bodyInReply(message) ?? body(CODE_OF_STATUS[Number(status)] ?? ErrorCode.Internal, text);
  const notBegunAt = Number(message.headers?.get(Header.NotBegunAt) ?? '');
  return new RemoteError(said, from, notBegunAt > 0 ? notBegunAt : undefined);
}

function bodyInReply(message: Msg): ErrorBody | undefined {
  try {
    const parsed: unknown = message.json();
    return isErrorBody(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const body = (code: ErrorCode, message: string): ErrorBody => ({ code, message, retryable: code === ErrorCode.Unavailable });

function isErrorBody(value: unknown): value is ErrorBody {
  if (typeof value !== 'object' || value === null || value instanceof Error) return false;
  const { code, message, retryable } = value as Record<string, unknown>;
  return typeof code === 'string' && typeof message === 'string' && typeof retryable === 'boolean';
}

/** A header ends at the line's end. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 500);
