import type { Certainty, Severity } from '@aet/contracts';

/**
 * Who writes the data that a schema describes. In a request the client does: whatever the new side refuses breaks clients. In a response
 * the server does: whatever it may newly send, or no longer promises, breaks them. A schema on its own is read as what is accepted.
 */
export type Direction = 'request' | 'response' | 'schema';

/** One difference that can break a client. */
export interface ContractChange {
  rule: string;
  severity: Severity;
  certainty?: Certainty;
  message: string;
  /** The side whose document the pointer is in. */
  side: 'old' | 'new';
  pointer: string;
  remedy?: string;
}

/** Collects changes; a schema that many operations share is reported once. */
export class Changes {
  private readonly seen = new Map<string, ContractChange>();

  add(change: ContractChange): void {
    const key = `${change.rule}\0${change.side}\0${change.pointer}\0${change.message}`;
    if (!this.seen.has(key)) this.seen.set(key, change);
  }

  list(): ContractChange[] {
    return [...this.seen.values()];
  }
}
