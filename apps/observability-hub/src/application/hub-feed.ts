import type { ErrorReport, InstanceRecord } from '@aet/contracts';
import type { EventBus, Leases } from '@aet/messaging';
import type { Correlations } from '../domain/correlations.js';
import type { ErrorGroups } from '../domain/error-groups.js';
import type { FleetPicture } from '../domain/fleet-picture.js';

/** What a hub reads back when it starts. Milliseconds. */
const ERRORS_BACK_MS = 24 * 3_600_000;
const FACTS_BACK_MS = 3_600_000;
const SWEEP_MS = 30_000;

/** How many errors are kept whole for timelines. */
const KEPT_ERRORS = 2_000;

/** Everything that a hub listens to. Each hub listens for itself, so each has the whole picture. */
export class HubFeed {
  readonly recentErrors: ErrorReport[] = [];
  private readonly open: AsyncDisposable[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: EventBus,
    private readonly leases: Leases<InstanceRecord>,
    private readonly picture: FleetPicture,
    private readonly errors: ErrorGroups,
    private readonly correlations: Correlations,
    private readonly now: () => number,
  ) {}

  /** Rejects when a stream is not there yet; what was opened until then is closed, and it may be tried again. */
  async start(): Promise<void> {
    try {
      this.open.push(await this.bus.onHealth((report) => this.picture.heard(report, this.now())));
      this.open.push(await this.leases.watch((change) => this.leaseChanged(change)));
      this.open.push(await this.bus.onError((report) => this.errorTold(report), { replayMs: ERRORS_BACK_MS }));
      this.open.push(
        await this.bus.onFact((event) => this.correlations.note(event), {
          from: { since: new Date(this.now() - FACTS_BACK_MS) },
        }),
      );
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.timer = setInterval(() => this.picture.sweep(this.now()), SWEEP_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.allSettled(this.open.splice(0).map((subscription) => subscription[Symbol.asyncDispose]()));
  }

  private leaseChanged(change: Parameters<Parameters<Leases<InstanceRecord>['watch']>[0]>[0]): void {
    if (change.kind === 'put') this.picture.leased(change.entry.value, this.now());
    // A lease's key is `<service>.<instance>`.
    else this.picture.leaseEnded(change.key.slice(change.key.indexOf('.') + 1), change.expired);
  }

  private errorTold(report: ErrorReport): void {
    this.errors.add(report);
    this.recentErrors.push(report);
    if (this.recentErrors.length > KEPT_ERRORS) this.recentErrors.shift();
  }
}
