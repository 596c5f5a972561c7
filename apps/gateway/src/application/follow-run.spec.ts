import {
  type ErrorBody,
  NoResponders,
  PayloadTooLarge,
  type ReadRunEvents,
  type RunEventPage,
  RunEventType,
  type StoredRunEvent,
  type TaskProgress,
} from '@aet/contracts';
import type { EventBus, RpcClient } from '@aet/messaging';
import { describe, expect, it } from 'vitest';
import { FollowRun, type FollowTuning, type RunNews } from './follow-run.js';

const tuning: FollowTuning = { pageSize: 4, progressKept: 3, idleMs: 20, troubleMs: 1 };

/** A log that a test appends to, behind the two seams that the follower uses. */
class OneRun {
  readonly events: StoredRunEvent[] = [];
  failures: Error[] = [];
  largestPage = Infinity;
  /** Events that fit into one message. */
  cutAt = Infinity;
  listeners = 0;
  private fact: () => void = () => undefined;
  private progress: (line: TaskProgress) => void = () => undefined;

  readonly rpc = { call: async (_: unknown, request: ReadRunEvents) => this.read(request) } as unknown as RpcClient;
  readonly bus = {
    onFact: async (handler: () => void) => this.subscribed(() => (this.fact = handler)),
    onProgress: (_: string, handler: (line: TaskProgress) => void) => this.subscribed(() => (this.progress = handler)),
  } as unknown as EventBus;

  append(count: number, last?: 'completed' | 'failed'): void {
    for (let i = 1; i <= count; i++) {
      const type = last !== undefined && i === count ? `run.${last}` : RunEventType.StepSkipped;
      this.events.push({ type, sequence: this.events.length + 1, runId: 'r', data: {} } as unknown as StoredRunEvent);
    }
  }
  tell(): void {
    this.fact();
  }
  say(message: string): void {
    this.progress({ message } as TaskProgress);
  }
  private read({ after = 0, limit = 200 }: ReadRunEvents): RunEventPage {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    if (limit > this.largestPage) throw new PayloadTooLarge('too large');
    return { events: this.events.slice(after, after + Math.min(limit, this.cutAt)) };
  }
  private subscribed(set: () => void): { close: () => Promise<void> } {
    set();
    this.listeners += 1;
    return { close: async () => void (this.listeners -= 1) };
  }
}

const follow = (run: OneRun, after = 0, signal = new AbortController().signal): Promise<AsyncGenerator<RunNews, void>> =>
  new FollowRun(run.rpc, run.bus, tuning).open('r', { after, signal });
const label = (news: RunNews): unknown => (news.kind === 'event' ? news.event.sequence : news.kind);
const nextThat = async (news: AsyncGenerator<RunNews, void>, kind: RunNews['kind']): Promise<RunNews> => {
  for (;;) {
    const { value, done } = await news.next();
    if (done === true || value === undefined) throw new Error('the stream ended');
    if (value.kind === kind) return value;
  }
};

describe('following a run', () => {
  it('replays a log of many pages to its end, and ends', async () => {
    const run = new OneRun();
    run.append(11, 'completed');
    const told: unknown[] = [];
    for await (const news of await follow(run, 2)) told.push(label(news));
    expect(told).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 'end']);
    expect(run.listeners).toBe(0);
  });

  it('goes on live, without a gap or a double, whenever the events come', async () => {
    const run = new OneRun();
    run.append(1);
    const told: unknown[] = [];
    for await (const news of await follow(run)) {
      if (news.kind === 'event' || news.kind === 'end') told.push(label(news));
      if (run.events.length < 20) {
        run.append(run.events.length % 3 === 0 ? 2 : 1);
        run.tell();
        run.tell();
      } else if (run.events.at(-1)?.type !== RunEventType.Failed) {
        run.append(1, 'failed');
        run.tell();
      }
    }
    expect(told).toEqual([...run.events.map((e) => e.sequence), 'end']);
  });

  it('finds an event of which nobody told', async () => {
    const run = new OneRun();
    run.append(1);
    const news = await follow(run);
    await nextThat(news, 'quiet');
    run.append(1, 'completed');
    expect(label(await nextThat(news, 'event'))).toBe(2);
    await news.return();
  });

  it('ends at once for a reader who has seen everything', async () => {
    const run = new OneRun();
    run.append(3, 'failed');
    const told: RunNews[] = [];
    for await (const news of await follow(run, 3)) told.push(news);
    expect(told).toEqual([{ kind: 'end', status: 'failed' }]);
  });

  it('refuses an unknown run, and a place beyond the log, and leaves no listener', async () => {
    const run = new OneRun();
    await expect(follow(run)).rejects.toThrow('there is no run');
    run.append(2);
    await expect(follow(run, 9)).rejects.toThrow('from the beginning');
    expect(run.listeners).toBe(0);
  });

  it('says that the log cannot be read, and goes on when it can', async () => {
    const run = new OneRun();
    run.append(1);
    const news = await follow(run);
    await nextThat(news, 'event');
    run.failures = [new NoResponders('nobody'), new NoResponders('nobody')];
    run.append(1, 'completed');
    run.tell();
    const trouble = (await nextThat(news, 'trouble')) as { error: ErrorBody };
    expect(trouble.error.code).toBe('NO_RESPONDERS');
    expect(label(await nextThat(news, 'event'))).toBe(2);
    await news.return();
  });

  it('asks for less when a page does not fit into one message', async () => {
    const run = new OneRun();
    run.append(7, 'completed');
    run.largestPage = 1;
    const told: unknown[] = [];
    for await (const news of await follow(run)) told.push(label(news));
    expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 'end']);
  });

  it('does not take a page that was cut short for the end of the log', async () => {
    const run = new OneRun();
    run.append(9, 'completed');
    run.cutAt = 2;
    const told: unknown[] = [];
    for await (const news of await follow(run)) told.push(label(news));
    expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 'end']);
  });

  it('keeps only the newest progress for a slow reader, and says how much it missed', async () => {
    const run = new OneRun();
    run.append(1);
    const news = await follow(run);
    await nextThat(news, 'event');
    for (let i = 1; i <= 10; i++) run.say(`line ${i}`);
    expect(await nextThat(news, 'skipped')).toEqual({ kind: 'skipped', count: 7 });
    expect(await nextThat(news, 'progress')).toMatchObject({ progress: { message: 'line 8' } });
    await news.return();
  });

  it('stops when it is told to, while it waits', async () => {
    const run = new OneRun();
    run.append(1);
    const stop = new AbortController();
    const news = await follow(run, 0, stop.signal);
    await nextThat(news, 'quiet');
    const next = news.next();
    stop.abort();
    expect(await next).toEqual({ value: undefined, done: true });
    expect(run.listeners).toBe(0);
  });
});
