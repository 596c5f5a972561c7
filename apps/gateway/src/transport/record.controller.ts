import {
  AetError,
  InternalError,
  RebuildRecord,
  RecordRpc,
  RestoreArchived,
  type RestoredRuns,
  type SegmentDetails,
  type SegmentList,
  SegmentRef,
} from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Body, Controller, Get, HttpCode, Param, Post, Req, StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import type { HttpRequest } from './http-types.js';
import { bodyPipe, textPipe } from './rest-validation.js';
import { said } from './told-by.js';

const NDJSON = 'application/x-ndjson';
/** A segment of a long archive is large. Milliseconds. */
const PATIENT = { timeoutMs: 60_000 };

/** The record as a whole: made anew, compared, archived. */
@Controller('v1/record')
export class RecordController {
  constructor(private readonly rpc: RpcClient) {}

  /** Lines of JSON that tell how far it is; who stops reading calls it off. */
  @Post('rebuild')
  @HttpCode(200)
  async rebuild(@Body(bodyPipe) request: RebuildRecord, @Req() http: HttpRequest): Promise<StreamableFile> {
    return lines(this.rpc.stream(RecordRpc.rebuild, said(request, http)));
  }

  @Post('verify')
  @HttpCode(200)
  async verify(): Promise<StreamableFile> {
    return lines(this.rpc.stream(RecordRpc.verify, {}));
  }

  @Get('archive')
  segments(): Promise<SegmentList> {
    return this.rpc.call(RecordRpc.segments, {}, PATIENT);
  }

  @Get('archive/:segment')
  segment(@Param(textPipe) path: SegmentRef): Promise<SegmentDetails> {
    return this.rpc.call(RecordRpc.segment, path, PATIENT);
  }

  @Post('archive/restore')
  @HttpCode(200)
  restore(@Body(bodyPipe) request: RestoreArchived, @Req() http: HttpRequest): Promise<RestoredRuns> {
    return this.rpc.call(RecordRpc.restore, said(request, http), PATIENT);
  }
}

/** The first item comes before the answer begins: what is refused is refused with a status. What fails later is the last line, as `error`. */
async function lines(items: AsyncGenerator<object, void>): Promise<StreamableFile> {
  const first = await items.next();
  const text = async function* (): AsyncGenerator<string> {
    try {
      if (first.done !== true) yield line(first.value);
      for await (const item of items) yield line(item);
    } catch (error) {
      yield line({ error: bodyOf(error) });
    } finally {
      await items.return();
    }
  };
  return new StreamableFile(Readable.from(text()), { type: NDJSON });
}

const line = (item: object): string => `${JSON.stringify(item)}\n`;

const bodyOf = (error: unknown): object =>
  error instanceof AetError ? error.toBody() : new InternalError('it ended for a reason that is not known').toBody();
