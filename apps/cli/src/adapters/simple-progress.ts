import type { RunView } from '@aet/contracts';
import { type RunState, runView } from '@aet/runs';
import type { WorkerNews } from '../application/simple-ports.js';
import { liveLines, progressLines } from '../domain/run-progress.js';
import type { ConsoleOutput } from './console-output.js';

/** A picture of a run is made so often at most: of one with ten thousand items it costs more than an event. Milliseconds. */
const PICTURE_MS = 100;

/** Shows a run on its way as `aet run --follow` does: drawn in place in a terminal, a line for each change elsewhere. */
export class SimpleProgress {
  private readonly words = new Map<string, string>();
  private before: RunView | undefined;
  private lastAt = -Infinity;

  constructor(private readonly output: ConsoleOutput) {}

  changed(state: RunState): void {
    if (performance.now() - this.lastAt >= PICTURE_MS) this.draw(state);
  }

  heard(step: string, news: WorkerNews): void {
    if (news.kind !== 'saved' && news.message !== undefined) this.words.set(step, news.message);
  }

  /** The last picture. */
  end(state: RunState): void {
    this.draw(state);
    this.output.endShow();
  }

  private draw(state: RunState): void {
    this.lastAt = performance.now();
    const view = runView(state);
    if (this.output.live) this.output.show(liveLines(view, this.words, Date.now()));
    else for (const line of progressLines(this.before, view, Date.now())) this.output.note(line);
    this.before = view;
  }
}
