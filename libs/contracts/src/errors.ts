/** Every code that crosses the wire. Stable: callers switch on them, texts are for people. */
export const ErrorCode = {
  ValidationFailed: 'VALIDATION_FAILED',
  InvalidToken: 'INVALID_TOKEN',
  NotFound: 'NOT_FOUND',
  Conflict: 'CONFLICT',
  Forbidden: 'FORBIDDEN',
  Unauthenticated: 'UNAUTHENTICATED',
  DeadlinePassed: 'DEADLINE_PASSED',
  Cancelled: 'CANCELLED',
  Rejected: 'REJECTED',
  NoResponders: 'NO_RESPONDERS',
  Unavailable: 'UNAVAILABLE',
  Draining: 'DRAINING',
  PayloadTooLarge: 'PAYLOAD_TOO_LARGE',
  ResourceExhausted: 'RESOURCE_EXHAUSTED',
  AttemptTimeout: 'ATTEMPT_TIMEOUT',
  AttemptFailed: 'ATTEMPT_FAILED',
  EffectInDoubt: 'EFFECT_IN_DOUBT',
  StaleOwner: 'STALE_OWNER',
  UnsupportedVersion: 'UNSUPPORTED_VERSION',
  ConfigInvalid: 'CONFIG_INVALID',
  WorkflowInvalid: 'WORKFLOW_INVALID',
  TopologyDiffers: 'TOPOLOGY_DIFFERS',
  CapabilityMissing: 'CAPABILITY_MISSING',
  LeaseLost: 'LEASE_LOST',
  PortsExhausted: 'PORTS_EXHAUSTED',
  Internal: 'INTERNAL',
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** What an error looks like as JSON: in RPC replies, in events and in task results. */
export interface ErrorBody {
  code: string;
  message: string;
  /** Whether the same call can succeed later without a change by the caller. */
  retryable: boolean;
  details?: unknown;
}

/** The base of every error that AET raises on purpose. The message says what is wrong and what to do about it. */
export abstract class AetError extends Error {
  abstract readonly code: ErrorCode;
  readonly retryable: boolean = false;
  readonly details?: unknown;

  constructor(message: string, options: { cause?: unknown; details?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    if (options.details !== undefined) this.details = options.details;
  }

  toBody(): ErrorBody {
    const body: ErrorBody = { code: this.code, message: this.message, retryable: this.retryable };
    return this.details === undefined ? body : { ...body, details: this.details };
  }
}

export class InvalidToken extends AetError {
  readonly code = ErrorCode.InvalidToken;
  constructor(what: string, value: string) {
    super(
      `${what} "${value}" cannot stand in a subject: use 1 to 64 letters, digits, "_", "@" or "-", beginning with a letter or digit`,
      {
        details: { what, value },
      },
    );
  }
}

export class ValidationFailed extends AetError {
  readonly code = ErrorCode.ValidationFailed;
  constructor(
    message: string,
    readonly violations: readonly Violation[],
  ) {
    super(message, { details: { violations } });
  }
}
/** One thing wrong in an input: where (dotted path), which rule, and a sentence. */
export interface Violation {
  path: string;
  rule: string;
  message: string;
}

export class NotFound extends AetError {
  readonly code = ErrorCode.NotFound;
}
export class Conflict extends AetError {
  readonly code = ErrorCode.Conflict;
}
export class Forbidden extends AetError {
  readonly code = ErrorCode.Forbidden;
}
export class Unauthenticated extends AetError {
  readonly code = ErrorCode.Unauthenticated;
}
export class DeadlinePassed extends AetError {
  readonly code = ErrorCode.DeadlinePassed;
}
export class Cancelled extends AetError {
  readonly code = ErrorCode.Cancelled;
}
/** Nobody listens on the subject right now: the service is down or not yet up. */
export class NoResponders extends AetError {
  readonly code = ErrorCode.NoResponders;
  override readonly retryable = true;
}
export class Unavailable extends AetError {
  readonly code = ErrorCode.Unavailable;
  override readonly retryable = true;
}
export class Draining extends AetError {
  readonly code = ErrorCode.Draining;
  override readonly retryable = true;
}
export class PayloadTooLarge extends AetError {
  readonly code = ErrorCode.PayloadTooLarge;
}
/** Back-pressure: the receiver has no room now. Wait and try again. */
export class ResourceExhausted extends AetError {
  readonly code = ErrorCode.ResourceExhausted;
  override readonly retryable = true;
}
export class AttemptTimeout extends AetError {
  readonly code = ErrorCode.AttemptTimeout;
  override readonly retryable = true;
}
/** A task's own failure, with the executor's decision whether another attempt can help. */
export class AttemptFailed extends AetError {
  readonly code = ErrorCode.AttemptFailed;
  override readonly retryable: boolean;
  constructor(message: string, options: { retryable: boolean; cause?: unknown; details?: unknown }) {
    super(message, options);
    this.retryable = options.retryable;
  }
}
/** An effect was begun, and nobody knows whether it was done: an operator decides. */
export class EffectInDoubt extends AetError {
  readonly code = ErrorCode.EffectInDoubt;
}
export class StaleOwner extends AetError {
  readonly code = ErrorCode.StaleOwner;
}
export class UnsupportedVersion extends AetError {
  readonly code = ErrorCode.UnsupportedVersion;
}
export class WorkflowInvalid extends AetError {
  readonly code = ErrorCode.WorkflowInvalid;
}
export class TopologyDiffers extends AetError {
  readonly code = ErrorCode.TopologyDiffers;
}
/** The server is too old for something that was asked of it. */
export class CapabilityMissing extends AetError {
  readonly code = ErrorCode.CapabilityMissing;
}
export class LeaseLost extends AetError {
  readonly code = ErrorCode.LeaseLost;
}
export class PortsExhausted extends AetError {
  readonly code = ErrorCode.PortsExhausted;
  override readonly retryable = true;
}
export class InternalError extends AetError {
  readonly code = ErrorCode.Internal;
}

/** An error that another process reported. Keeps the code and the decision to retry that the other side took. */
export class RemoteError extends AetError {
  readonly code: ErrorCode;
  override readonly retryable: boolean;
  constructor(
    body: ErrorBody,
    readonly from: string,
    /** When nothing was done for the request: the time by the other side's clock, in unix milliseconds. It is not passed on. */
    readonly notBegunAt?: number,
  ) {
    super(body.message, { details: body.details });
    this.code = body.code as ErrorCode;
    this.retryable = body.retryable;
  }
}

/** Any thrown value as a body. What is not ours is `INTERNAL`; its stack stays in the log of the process that threw it. */
export function toErrorBody(error: unknown): ErrorBody {
  if (error instanceof AetError) return error.toBody();
  const message = error instanceof Error ? error.message : String(error);
  return { code: ErrorCode.Internal, message, retryable: false };
}
