import type { CapabilityControl, StreamFill } from '@aet/contracts';
import type { LaneDepth } from '@aet/messaging';
import { counter, Counter, gauge, Gauge, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import type { QueueFigures } from '../application/ports.js';
import { shareOf, type WorkRoom } from '../application/work-room.js';

const TASKS = 'aet_orchestrator_queue_tasks';
const PAUSED = 'aet_orchestrator_capability_paused';
const FILL = 'aet_orchestrator_stream_fill_ratio';
const REFUSED = 'aet_orchestrator_submits_refused_total';

/** The cell's queue as this replica sees it: all replicas see the same, so take the maximum over them, not the sum. */
@Injectable()
export class QueueMetrics implements QueueFigures {
  constructor(
    @InjectMetric(TASKS) private readonly tasks: Gauge<'capability' | 'priority' | 'state'>,
    @InjectMetric(PAUSED) private readonly paused: Gauge<'capability'>,
    @InjectMetric(FILL) private readonly fill: Gauge<'stream'>,
    @InjectMetric(REFUSED) private readonly refused: Counter,
  ) {}

  lanes(lanes: readonly LaneDepth[]): void {
    this.tasks.reset();
    for (const { capability, priority, waiting, inHand } of lanes) {
      this.tasks.set({ capability, priority, state: 'waiting' }, waiting);
      this.tasks.set({ capability, priority, state: 'in_hand' }, inHand);
    }
  }

  controls(controls: ReadonlyMap<string, CapabilityControl>): void {
    this.paused.reset();
    for (const [capability, { paused }] of controls) this.paused.set({ capability }, paused === undefined ? 0 : 1);
  }

  streams(streams: readonly StreamFill[]): void {
    for (const stream of streams) this.fill.set({ stream: stream.stream }, shareOf(stream));
  }

  /** Counts what is refused for want of room. */
  counting(room: WorkRoom): Pick<WorkRoom, 'assertRoom'> {
    return {
      assertRoom: () => {
        if (room.isFull) this.refused.inc();
        room.assertRoom();
      },
    };
  }
}

export const QUEUE_METRICS: Provider[] = [
  gauge({ name: TASKS, help: 'Tasks of the cell by state: waiting, in_hand.', labelNames: ['capability', 'priority', 'state'] }),
  gauge({ name: PAUSED, help: '1 while an operator has paused the capability.', labelNames: ['capability'] }),
  gauge({ name: FILL, help: 'How full a stream of work is, 0 to 1. At 1 it refuses messages.', labelNames: ['stream'] }),
  counter({ name: REFUSED, help: 'Submits that were refused because the streams of work had no room.' }),
  QueueMetrics,
];
