import { HealthStatus } from '@aet/contracts';

/** Where the parts of a service say that they are not well. `/health`, `/ready`, the lease and the health report all read it. */
export abstract class HealthBoard {
  /** `unready` takes the instance out of `/ready`; a mere degradation does not. */
  abstract report(part: string, problem: string, options?: { unready?: boolean }): void;
  abstract clear(part: string): void;
  abstract readonly problems: Readonly<Record<string, string>>;
  abstract readonly ready: boolean;
}

/** What the instance has in hand, for its lease. */
export abstract class WorkLoad {
  abstract readonly active: number;
  /** The most that it would take; 0 where it takes none. */
  abstract readonly capacity: number;
  abstract set(active: number, capacity: number): void;
}

type Mode = 'starting' | 'running' | 'draining';

/**
 * The board of a process. Starting → running → draining, never back; problems come and go in each.
 * Only what is running and has no `unready` problem is ready.
 */
export class LiveHealthBoard extends HealthBoard {
  private mode: Mode = 'starting';
  private readonly entries = new Map<string, { problem: string; unready: boolean }>();
  private readonly listeners = new Set<() => void>();

  report(part: string, problem: string, options: { unready?: boolean } = {}): void {
    const unready = options.unready ?? false;
    const before = this.entries.get(part);
    this.entries.set(part, { problem, unready });
    if (before?.problem !== problem || before.unready !== unready) this.tell();
  }

  clear(part: string): void {
    if (this.entries.delete(part)) this.tell();
  }

  started(): void {
    if (this.mode !== 'starting') return;
    this.mode = 'running';
    this.tell();
  }

  drain(): void {
    if (this.mode === 'draining') return;
    this.mode = 'draining';
    this.tell();
  }

  /** Called after every change. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  get problems(): Readonly<Record<string, string>> {
    const lifecycle = this.mode === 'running' ? {} : { lifecycle: `the service is ${this.mode}` };
    return { ...lifecycle, ...Object.fromEntries([...this.entries].map(([part, { problem }]) => [part, problem])) };
  }

  get ready(): boolean {
    return this.mode === 'running' && [...this.entries.values()].every(({ unready }) => !unready);
  }

  get status(): HealthStatus {
    if (this.mode === 'starting') return HealthStatus.Starting;
    if (this.mode === 'draining') return HealthStatus.Draining;
    return this.entries.size === 0 ? HealthStatus.Ready : HealthStatus.Degraded;
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Counts of work in hand, with what it does to the process. */
export class LiveWorkLoad extends WorkLoad {
  active = 0;
  capacity = 0;

  set(active: number, capacity: number): void {
    this.active = active;
    this.capacity = capacity;
  }
}
