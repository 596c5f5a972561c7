import type { HttpRequest } from './http-types.js';

/** Who comes by this way and does not say who it is. */
export const byOf = ({ proof }: HttpRequest): string => (proof === 'session' ? 'console' : 'api');

/** The word with who says it: what a caller says of itself is believed, as long as there are no roles. */
export const said = <T extends { by?: string }>(word: T, request: HttpRequest): Omit<T, 'by'> & { by: string } => ({
  ...(word as Omit<T, 'by'>),
  by: word.by ?? byOf(request),
});
