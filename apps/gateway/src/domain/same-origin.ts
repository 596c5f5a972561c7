const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request that a browser authenticates by cookie may go on. Reads may; a write must come from a page of this very origin,
 * and must say so: browsers send `Origin` with every write, so its absence is not an excuse.
 */
export function writeIsOwn(request: { method: string; host: string | undefined; origin: string | undefined }): boolean {
  if (SAFE.has(request.method.toUpperCase())) return true;
  if (request.origin === undefined || request.host === undefined || !URL.canParse(request.origin)) return false;
  return new URL(request.origin).host === request.host.toLowerCase();
}
