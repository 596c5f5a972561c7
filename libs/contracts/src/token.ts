import { InvalidToken } from './errors.js';

/** One part of a subject. 1 to 64 characters; no dot, space or wildcard can be smuggled in. Source: NATS subject rules. */
export const TOKEN = /^[A-Za-z0-9][A-Za-z0-9_@-]{0,63}$/;

export const isToken = (value: string): boolean => TOKEN.test(value);

/** Returns `value` unchanged. @throws {InvalidToken} when it cannot be one part of a subject. */
export function token(value: string, what: string): string {
  if (!isToken(value)) throw new InvalidToken(what, value);
  return value;
}
