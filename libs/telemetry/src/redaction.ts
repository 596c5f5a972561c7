/** Names whose values never reach a log, whatever holds them. */
const SECRET_NAME =
  /^(?:proxy-)?authorization$|^(?:set-)?cookie$|^(?:x-)?api[-_]?key$|^(?:.*[-_.])?(?:token|seed|secret|password|passwd|private[-_]?key)$|(?:Token|Seed|Secret|Password|ApiKey|PrivateKey)$/i;

/** Names that look secret and are not: a fencing token is a number, counts of model tokens too. */
const isSecret = (name: string, value: unknown): boolean =>
  typeof value !== 'number' && typeof value !== 'boolean' && SECRET_NAME.test(name);

/** Secrets that give themselves away inside a text: NKEY seeds, bearer tokens, model keys, passwords in URLs. */
const SECRET_TEXT =
  /\bS[ACNOUX][A-Z2-7]{56}\b|(?<=\bBearer\s)[\w.~+/-]{8,}=*|\bsk-[a-zA-Z0-9_-]{16,}|(?<=:\/\/[^\s/:@"]*:)[^\s/@"]+(?=@)/g;

export const MASK = '[secret]';
/** Deeper than this nothing is printed: a log line is not a dump. */
const MAX_DEPTH = 8;

export const redactText = (text: string): string => text.replace(SECRET_TEXT, MASK);

/** A copy without secrets. Only plain objects and arrays are walked; what else there is has a serializer of its own. */
export function redact(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) return depth >= MAX_DEPTH ? '[deep]' : value.map((item) => redact(item, depth + 1));
  if (!isPlain(value)) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  const copy: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) copy[name] = isSecret(name, inner) ? MASK : redact(inner, depth + 1);
  return copy;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  // Serialized errors have a prototype of their own, which inherits this constructor.
  return value.constructor === Object || Object.getPrototypeOf(value) === null;
}
