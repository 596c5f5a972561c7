import { counter, Counter, gauge, Gauge, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import { CellFigures } from '../application/cell-ports.js';

const ADOPTED = 'aet_orchestrator_adopted_runs_total';
const CEDED = 'aet_orchestrator_ceded_runs_total';
const STALE = 'aet_orchestrator_stale_events_total';
const LAG = 'aet_orchestrator_copy_lag_messages';
const CONFLICTS = 'aet_orchestrator_cell_conflicts';

@Injectable()
class CellMetrics extends CellFigures {
  constructor(
    @InjectMetric(ADOPTED) private readonly adoptions: Counter<'from'>,
    @InjectMetric(CEDED) private readonly cessions: Counter<'to'>,
    @InjectMetric(STALE) private readonly staleEvents: Counter<'from'>,
    @InjectMetric(LAG) private readonly lag: Gauge<'cell'>,
    @InjectMetric(CONFLICTS) private readonly conflicting: Gauge,
  ) {
    super();
  }

  adopted(from: string): void {
    this.adoptions.inc({ from });
  }
  ceded(to: string): void {
    this.cessions.inc({ to });
  }
  stale(from: string): void {
    this.staleEvents.inc({ from });
  }
  copies(lags: ReadonlyMap<string, number>): void {
    this.lag.reset();
    for (const [cell, lag] of lags) this.lag.set({ cell }, lag);
  }
  conflicts(runs: number): void {
    this.conflicting.set(runs);
  }
}

export const CELL_METRICS: Provider[] = [
  counter({ name: ADOPTED, help: 'Runs that this cell took over from another.', labelNames: ['from'] }),
  counter({ name: CEDED, help: 'Runs of this cell that another took over, and that are closed here.', labelNames: ['to'] }),
  counter({
    name: STALE,
    help: 'Events that the former owner of a run told after this cell had taken it over; they are refused.',
    labelNames: ['from'],
  }),
  gauge({ name: LAG, help: 'Messages that the copy of another cell lacks, as far as is known.', labelNames: ['cell'] }),
  gauge({ name: CONFLICTS, help: 'Runs whose log goes on differently in two cells.' }),
  { provide: CellFigures, useClass: CellMetrics },
];
