import { ErrorCode } from '@aet/contracts';

/** 499 is nginx' "client closed request"; no registered status says it. */
const STATUS: Record<ErrorCode, number> = {
  [ErrorCode.ValidationFailed]: 400,
  [ErrorCode.InvalidToken]: 400,
  [ErrorCode.UnsupportedVersion]: 400,
  [ErrorCode.Unauthenticated]: 401,
  [ErrorCode.Forbidden]: 403,
  [ErrorCode.NotFound]: 404,
  [ErrorCode.Conflict]: 409,
  [ErrorCode.Rejected]: 409,
  [ErrorCode.StaleOwner]: 409,
  [ErrorCode.EffectInDoubt]: 409,
  [ErrorCode.PayloadTooLarge]: 413,
  [ErrorCode.WorkflowInvalid]: 422,
  [ErrorCode.ResourceExhausted]: 429,
  [ErrorCode.Cancelled]: 499,
  [ErrorCode.Internal]: 500,
  [ErrorCode.ConfigInvalid]: 500,
  [ErrorCode.TopologyDiffers]: 500,
  [ErrorCode.CapabilityMissing]: 501,
  [ErrorCode.AttemptFailed]: 502,
  [ErrorCode.NoResponders]: 503,
  [ErrorCode.Unavailable]: 503,
  [ErrorCode.Draining]: 503,
  [ErrorCode.LeaseLost]: 503,
  [ErrorCode.PortsExhausted]: 503,
  [ErrorCode.DeadlinePassed]: 504,
  [ErrorCode.AttemptTimeout]: 504,
};

/** The HTTP status of an error code. A code that a newer service invented is a server's error. */
export const httpStatusOf = (code: string): number => STATUS[code as ErrorCode] ?? 500;

const CODE: Record<number, ErrorCode> = {
  400: ErrorCode.ValidationFailed,
  401: ErrorCode.Unauthenticated,
  403: ErrorCode.Forbidden,
  404: ErrorCode.NotFound,
  405: ErrorCode.ValidationFailed,
  409: ErrorCode.Conflict,
  413: ErrorCode.PayloadTooLarge,
  415: ErrorCode.ValidationFailed,
  429: ErrorCode.ResourceExhausted,
  503: ErrorCode.Unavailable,
};

/** The error code of a refusal that the HTTP server made itself, such as an unknown path or a body that is not JSON. */
export const codeOfHttpStatus = (status: number): ErrorCode =>
  CODE[status] ?? (status < 500 ? ErrorCode.ValidationFailed : ErrorCode.Internal);
