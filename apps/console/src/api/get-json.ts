import type { ErrorBody } from '@aet/contracts';

/** A refusal of the gateway, or its silence. */
export class ApiFailure extends Error {
  constructor(
    /** HTTP status; 0: no answer at all. */
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
  }

  get signedOut(): boolean {
    return this.status === 401;
  }
}

/** @throws {ApiFailure} */
export async function request(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiFailure(0, { code: 'UNREACHABLE', message: 'the gateway does not answer', retryable: true });
  }
  if (response.ok) return response;
  throw new ApiFailure(response.status, await bodyOf(response));
}

/** @throws {ApiFailure} */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, { ...(signal === undefined ? {} : { signal }), headers: { accept: 'application/json' } });
  return (await response.json()) as T;
}

async function bodyOf(response: Response): Promise<ErrorBody> {
  try {
    return (await response.json()) as ErrorBody;
  } catch {
    return {
      code: 'INTERNAL',
      message: `the gateway answered with status ${response.status}`,
      retryable: response.status >= 500,
    };
  }
}
