import type { TaskProgress } from '@aet/contracts';

type News = Pick<TaskProgress, 'kind' | 'message' | 'fraction'>;

/** A task that says nothing and ends sooner is over before anybody could look: its result tells all. Milliseconds. */
const QUIET_MS = 100;

/** What is told of a task while it runs: that it began and ended only when it took a while, or had something to say. */
export class TaskNews implements Disposable {
  private begun: NodeJS.Timeout | undefined;
  private quiet = true;

  constructor(private readonly tell: (news: News) => void) {
    this.begun = setTimeout(() => this.speak(), QUIET_MS);
  }

  say(news: News): void {
    this.speak();
    this.tell(news);
  }

  finished(status: string): void {
    if (!this.quiet) this.tell({ kind: 'finished', message: status });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.begun);
    this.begun = undefined;
  }

  private speak(): void {
    if (!this.quiet) return;
    this.quiet = false;
    this[Symbol.dispose]();
    this.tell({ kind: 'started' });
  }
}
