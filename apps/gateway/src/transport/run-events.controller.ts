import { ResourceExhausted, RunId, ValidationFailed } from '@aet/contracts';
import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import { FollowRun } from '../application/follow-run.js';
import type { HttpReply, HttpRequest } from './http-types.js';
import { FollowQuery } from './queries.js';
import { textPipe } from './rest-validation.js';
import { EventStreams } from './event-streams.js';

@Controller('v1/runs')
export class RunEventsController {
  constructor(
    private readonly follow: FollowRun,
    private readonly streams: EventStreams,
  ) {}

  /** Server-sent events: see `RunStreamEvent` in the contracts. A run that cannot be followed is refused with a status, before the stream. */
  @Get(':runId/events')
  async events(
    @Param(textPipe) { runId }: RunId,
    @Query(textPipe) query: FollowQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: HttpRequest,
    @Res() reply: HttpReply,
  ): Promise<void> {
    const after = lastEventId === undefined ? (query.after ?? 0) : sequenceOf(lastEventId);
    const slot = this.streams.open(request.raw, reply.raw);
    if (slot === undefined)
      throw new ResourceExhausted('too many streams are open on this gateway: close some, or try again later');
    try {
      const news = await this.follow.open(runId, { after, signal: slot.signal });
      reply.hijack();
      await slot.write(news);
    } finally {
      slot.close();
    }
  }
}

function sequenceOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const message = 'Last-Event-ID must be the id of an event of this stream, a whole number';
  throw new ValidationFailed(message, [{ path: 'Last-Event-ID', rule: 'isInt', message }]);
}
