import { ValidationFailed } from '@aet/contracts';

/** The payload of a plain Nest handler, as JSON; its own pipes check it. Empty is `undefined`. @throws {ValidationFailed} */
export function readPlain(payload: Uint8Array): unknown {
  if (payload.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString()) as unknown;
  } catch (error) {
    const message = `must be JSON: ${error instanceof Error ? error.message : String(error)}`;
    throw new ValidationFailed(`the request ${message}`, [{ path: '', rule: 'json', message }]);
  }
}
