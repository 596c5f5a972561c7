import type { PortRecord } from '@aet/contracts';
import type { KeyValueEntry, KeyValueStore } from '@aet/messaging';

/** What the bucket keeps of a granted port. The fencing token is the key's revision. */
export interface PortHolding {
  host: string;
  port: number;
  instance: string;
  purpose: string;
  /** RFC 3339. */
  at: string;
}
type Entry = Omit<KeyValueEntry<PortHolding>, 'writtenAt'>;

export const recordOf = ({ value, revision }: Entry): PortRecord => ({ ...value, token: revision });

/** A copy of the bucket, a moment behind it. Own writes are entered at once. */
export class PortTable {
  private readonly byKey = new Map<string, Entry>();
  /** Keys by who holds them for what. */
  private readonly byHolder = new Map<string, string>();
  private loading: Promise<void> | undefined;

  constructor(private readonly store: KeyValueStore<PortHolding>) {}

  /** Reads the bucket, the first time; a failure is tried again by the next caller. */
  load(): Promise<void> {
    this.loading ??= this.store.list().then(
      (entries) => entries.forEach((entry) => this.put(entry)),
      (error: unknown) => {
        this.loading = undefined;
        throw error;
      },
    );
    return this.loading;
  }

  follow(): Promise<AsyncDisposable> {
    return this.store.watch((change) => {
      if (change.kind === 'put') this.put(change.entry);
      else this.remove(change.key, change.revision);
    });
  }

  has(key: string): boolean {
    return this.byKey.has(key);
  }
  /** Key of the port that an instance holds on a host for a purpose. */
  keyHeldBy(holder: Pick<PortHolding, 'instance' | 'host' | 'purpose'>): string | undefined {
    return this.byHolder.get(holderOf(holder));
  }
  entries(): Entry[] {
    return [...this.byKey.values()];
  }

  /** What is older than what is known is an echo. */
  put(entry: Entry): void {
    const known = this.byKey.get(entry.key);
    if (known !== undefined && known.revision >= entry.revision) return;
    if (known !== undefined) this.byHolder.delete(holderOf(known.value));
    this.byKey.set(entry.key, entry);
    this.byHolder.set(holderOf(entry.value), entry.key);
  }
  remove(key: string, revision: number): void {
    const known = this.byKey.get(key);
    if (known === undefined || known.revision > revision) return;
    this.byKey.delete(key);
    if (this.byHolder.get(holderOf(known.value)) === key) this.byHolder.delete(holderOf(known.value));
  }
}

/** Who holds a port for what, as a key. */
export const holderOf = ({ instance, host, purpose }: Pick<PortHolding, 'instance' | 'host' | 'purpose'>): string =>
  JSON.stringify([instance, host, purpose]);
