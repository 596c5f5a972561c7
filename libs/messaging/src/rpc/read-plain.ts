import { isShallowJson, MAX_JSON_DEPTH, ValidationFailed } from '@aet/contracts';

/** The payload of a plain Nest handler, as JSON; its own pipes check it. Empty is `undefined`. @throws {ValidationFailed} */
export function readPlain(payload: Uint8Array): unknown {
  if (payload.length === 0) return undefined;
  const value = parsed(payload);
  if (isShallowJson(value)) return value;
  throw refused(`must not be nested deeper than ${MAX_JSON_DEPTH} levels`, 'depth');
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString()) as unknown;
  } catch (error) {
    throw refused(`must be JSON: ${error instanceof Error ? error.message : String(error)}`, 'json');
  }
}

const refused = (message: string, rule: string): ValidationFailed =>
  new ValidationFailed(`the request ${message}`, [{ path: '', rule, message }]);
