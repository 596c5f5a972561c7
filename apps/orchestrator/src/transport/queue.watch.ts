import type { QueueControl, QueueInspector } from '@aet/messaging';
import { BackgroundLoop, DrainSequence, HealthBoard } from '@aet/service-kit';
import type { Log } from '@aet/telemetry';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { QueueFigures } from '../application/ports.js';
import type { WorkRoom } from '../application/work-room.js';

/** Between two looks at how full the streams are; shorter while there is no room, so that work is accepted soon when there is. Milliseconds. */
const LOOK_MS = 1_000;
const LOOK_SOON_MS = 250;
/** Between two looks at all lanes, which the server has to count. Milliseconds. */
const LANES_MS = 5_000;

/** Looks at the cell's queue again and again: for the metrics, for health, and for whether there is room for more. */
export class QueueWatch implements OnApplicationBootstrap {
  private lanesAt = 0;

  constructor(
    private readonly ports: { inspector: QueueInspector; control: QueueControl; figures: QueueFigures },
    private readonly room: WorkRoom,
    private readonly health: HealthBoard,
    private readonly drain: DrainSequence,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    const loop = new BackgroundLoop({
      round: async () => {
        await this.look();
        return this.room.isFull ? LOOK_SOON_MS : LOOK_MS;
      },
      againMs: LOOK_MS,
      onError: (error) => this.log.debug('the queue could not be looked at', { err: error }),
    });
    loop.start(this.drain);
  }

  private async look(): Promise<void> {
    const { inspector, control, figures } = this.ports;
    const streams = await inspector.fill();
    this.room.noted(streams);
    figures.streams(streams);
    if (this.room.isFull)
      this.health.report('queue', 'the streams of work are full, and new runs are refused: see `aet queue ls`');
    else this.health.clear('queue');
    if (performance.now() < this.lanesAt) return;
    this.lanesAt = performance.now() + LANES_MS;
    figures.lanes(await inspector.lanes());
    figures.controls(await control.list());
  }
}
