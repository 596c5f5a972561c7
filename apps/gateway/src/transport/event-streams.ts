import { RunStreamEvent } from '@aet/contracts';
import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { RunNews } from '../application/follow-run.js';
import { sseComment, sseFrame, sseOpening } from '../domain/sse-frame.js';

/** Streams at once. Each holds at most one page of events and 256 lines of progress. */
const MAX_STREAMS = 500;
/** A reader whose socket takes nothing for so long is gone, whatever TCP says. Milliseconds. */
const STALL_MS = 30_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
} as const;

/** The open event streams of this process. `endAll` lets the gateway drain: readers come back elsewhere with their `Last-Event-ID`. */
@Injectable()
export class EventStreams {
  private readonly open_ = new Set<EventStream>();

  get count(): number {
    return this.open_.size;
  }

  /** Undefined when there are too many. The caller closes what it gets. */
  open(request: IncomingMessage, response: ServerResponse): EventStream | undefined {
    if (this.open_.size >= MAX_STREAMS) return undefined;
    const stream = new EventStream(request, response, () => this.open_.delete(stream));
    this.open_.add(stream);
    return stream;
  }

  async endAll(): Promise<void> {
    const streams = [...this.open_];
    for (const stream of streams) stream.stop();
    await Promise.all(streams.map((s) => s.closed));
  }
}

export class EventStream {
  private readonly abort = new AbortController();
  private readonly onClose = (): void => this.abort.abort();
  private finish: () => void = () => undefined;
  readonly closed = new Promise<void>((resolve) => (this.finish = resolve));

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly onClosed: () => void,
  ) {
    response.on('close', this.onClose);
  }

  /** Aborted when the reader has gone or the gateway drains. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  stop(): void {
    this.abort.abort();
  }

  /** Writes the news as they come, as fast as the reader takes them, and ends the response. */
  async write(news: AsyncGenerator<RunNews, void>): Promise<void> {
    this.request.socket.setNoDelay(true);
    this.response.writeHead(200, HEADERS);
    this.response.write(sseOpening());
    try {
      for await (const item of news) {
        if (!(await this.send(frameOf(item)))) break;
      }
    } finally {
      if (!this.response.destroyed) this.response.end();
    }
  }

  close(): void {
    this.response.off('close', this.onClose);
    this.abort.abort();
    this.onClosed();
    this.finish();
  }

  /** False when the reader has gone, or stalled for too long and was cut off. */
  private async send(frame: string): Promise<boolean> {
    if (this.response.destroyed) return false;
    if (this.response.write(frame)) return true;
    try {
      await once(this.response, 'drain', { signal: AbortSignal.any([this.signal, AbortSignal.timeout(STALL_MS)]) });
      return true;
    } catch {
      this.response.destroy();
      return false;
    }
  }
}

function frameOf(news: RunNews): string {
  switch (news.kind) {
    case 'event':
      return sseFrame({ name: RunStreamEvent.Run, id: news.event.sequence, data: news.event });
    case 'progress':
      return sseFrame({ name: RunStreamEvent.Progress, data: news.progress });
    case 'skipped':
      return sseFrame({ name: RunStreamEvent.Skipped, data: { count: news.count } });
    case 'trouble':
      return sseFrame({ name: RunStreamEvent.Trouble, data: news.error });
    case 'quiet':
      return sseComment('quiet');
    case 'end':
      return sseFrame({ name: RunStreamEvent.End, data: { status: news.status } });
    default:
      return news satisfies never;
  }
}
