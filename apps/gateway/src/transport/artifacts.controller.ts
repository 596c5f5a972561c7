import { type ArtifactList, RunId } from '@aet/contracts';
import { ArtifactStore } from '@aet/messaging';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import type { HttpReply } from './http-types.js';
import { ArtifactPath } from './queries.js';
import { textPipe } from './rest-validation.js';

/** Types that a browser shows as text. All else is offered for saving: an artifact is what some program wrote, and must not run here. */
const SHOWN = new Map([
  ['text/markdown', 'text/markdown; charset=utf-8'],
  ['text/plain', 'text/plain; charset=utf-8'],
  ['application/json', 'application/json'],
]);

@Controller('v1/runs/:runId/artifacts')
export class ArtifactsController {
  constructor(private readonly artifacts: ArtifactStore) {}

  @Get()
  async list(@Param(textPipe) { runId }: RunId): Promise<ArtifactList> {
    return { artifacts: await this.artifacts.list(runId) };
  }

  @Get(':name')
  async get(
    @Param(textPipe) { runId, name }: ArtifactPath,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: HttpReply,
  ): Promise<void> {
    const { ref, content } = await this.artifacts.get(runId, name);
    const etag = `"${ref.sha256}"`;
    const shown = SHOWN.get(ref.mediaType.split(';')[0]?.trim().toLowerCase() ?? '');
    void reply
      .header('etag', etag)
      .header('cache-control', 'private, no-cache')
      .header('x-content-type-options', 'nosniff')
      .header('content-security-policy', "default-src 'none'; sandbox")
      .header('content-disposition', `${shown === undefined ? 'attachment' : 'inline'}; filename="${ref.name}"`)
      .type(shown ?? 'application/octet-stream');
    await (known === etag ? reply.status(304).send() : reply.send(Buffer.from(content)));
  }
}
