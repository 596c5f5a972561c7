import { PayloadStore } from '@aet/messaging';
import { Controller, Get, Param, Res } from '@nestjs/common';
import type { HttpReply } from './http-types.js';
import { PayloadPath } from './queries.js';
import { textPipe } from './rest-validation.js';

/** Values of runs that are too large for their events: where a run has `{"$payload": …}`. */
@Controller('v1/runs/:runId/payloads')
export class PayloadsController {
  constructor(private readonly payloads: PayloadStore) {}

  @Get(':sha256')
  async get(@Param(textPipe) { sha256 }: PayloadPath, @Res() reply: HttpReply): Promise<void> {
    const text = await this.payloads.get(sha256);
    // What its checksum names never changes.
    void reply
      .header('etag', `"${sha256}"`)
      .header('cache-control', 'private, max-age=31536000, immutable')
      .type('application/json');
    await reply.send(text);
  }
}
