import { IMPORT_PART_CHARS, type RunExportLine, RunId, type RunImported, RunsRpc, ValidationFailed } from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Controller, Get, Header, HttpCode, type OnModuleInit, Param, Post, Query, Req, StreamableFile } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { HttpRequest } from './http-types.js';
import { WordQuery } from './operation-paths.js';
import { textPipe } from './rest-validation.js';
import { said } from './told-by.js';

const NDJSON = 'application/x-ndjson';
/** One page, or one part. Milliseconds. */
const PAGE = { timeoutMs: 12_000 };
/** The last part: the whole run is read, checked and written. Milliseconds. */
const WHOLE = { timeoutMs: 120_000 };

/** Whole runs in and out, as lines of JSON of any length: they are passed through piece by piece. */
@Controller('v1')
export class RunCopiesController implements OnModuleInit {
  constructor(
    private readonly rpc: RpcClient,
    private readonly host: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addContentTypeParser(NDJSON, (_request, payload, done) => done(null, payload));
  }

  @Get('runs/:runId/export')
  @Header('content-type', NDJSON)
  async export(@Param(textPipe) { runId }: RunId): Promise<StreamableFile> {
    // The first page comes before the answer begins: what is refused is refused with a status.
    const first = await this.rpc.call(RunsRpc.export, { runId }, PAGE);
    return new StreamableFile(Readable.from(this.pages(runId, first)), { type: NDJSON });
  }

  @Post('run-imports')
  @HttpCode(200)
  async import(@Query(textPipe) word: WordQuery, @Req() request: HttpRequest): Promise<RunImported> {
    const { body } = request as unknown as { body: unknown };
    if (!(body instanceof Readable)) {
      const message = `send the lines of \`aet runs export\` with the content type ${NDJSON}`;
      throw new ValidationFailed(message, [{ path: 'content-type', rule: 'equals', message }]);
    }
    const importId = randomUUID();
    let [part, text] = [0, ''];
    const send = (last: boolean): Promise<RunImported> => {
      const piece = last ? text : pieceOf(text);
      text = text.slice(piece.length);
      return this.rpc.call(
        RunsRpc.import,
        { importId, part: part++, text: piece, last, ...said(word, request) },
        last ? WHOLE : PAGE,
      );
    };
    for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
      text += chunk;
      while (text.length > IMPORT_PART_CHARS) await send(false);
    }
    return send(true);
  }

  private async *pages(runId: string, first: { lines: RunExportLine[]; next?: string }): AsyncIterable<string> {
    for (let page = first; ; page = await this.rpc.call(RunsRpc.export, { runId, cursor: page.next }, PAGE)) {
      yield page.lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      if (page.next === undefined) return;
    }
  }
}

/** A pair of surrogates is not torn apart. */
function pieceOf(text: string): string {
  const torn = /[\uD800-\uDBFF]/.test(text.charAt(IMPORT_PART_CHARS - 1));
  return text.slice(0, torn ? IMPORT_PART_CHARS - 1 : IMPORT_PART_CHARS);
}
