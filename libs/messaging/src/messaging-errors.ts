import { ErrorCode, toErrorBody } from '@aet/contracts';
import type { NatsLink } from './connection/nats-link.js';

/** `request`: one that was answered by an error, or not at all. `call`: one of this process. */
export type ErrorPlace = 'request' | 'call' | 'lease' | 'topology';

export interface ErrorCount {
  place: ErrorPlace;
  code: string;
  count: number;
}

const KNOWN: ReadonlySet<string> = new Set(Object.values(ErrorCode));

/** Whatever code another sends: there must not be more counters than codes. */
const UNKNOWN = 'OTHER';

/** What went wrong over one link since the start, by its code. */
export class MessagingErrors {
  private readonly counts = new Map<string, ErrorCount>();

  count(place: ErrorPlace, error: unknown): void {
    this.countCode(place, toErrorBody(error).code);
  }

  countCode(place: ErrorPlace, found: string): void {
    const code = KNOWN.has(found) ? found : UNKNOWN;
    const key = `${place} ${code}`;
    const known = this.counts.get(key);
    if (known === undefined) this.counts.set(key, { place, code, count: 1 });
    else known.count += 1;
  }

  /** A copy. */
  list(): ErrorCount[] {
    return [...this.counts.values()].map((entry) => ({ ...entry }));
  }
}

const ofLinks = new WeakMap<NatsLink, MessagingErrors>();

export function messagingErrorsOf(link: NatsLink): MessagingErrors {
  const known = ofLinks.get(link);
  if (known !== undefined) return known;
  const made = new MessagingErrors();
  ofLinks.set(link, made);
  return made;
}
