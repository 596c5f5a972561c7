import {
  ByOperator,
  type CapabilityView,
  type DeadLetterPage,
  DlqRpc,
  type Dropped,
  ListDeadLetters,
  QueueRpc,
  type QueueView,
  type Redriven,
  type StoredDeadLetter,
} from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req } from '@nestjs/common';
import type { HttpRequest } from './http-types.js';
import { CapabilityPath, DropQuery, LetterPath, RateWord } from './queries.js';
import { bodyPipe, textPipe } from './rest-validation.js';

/** An operator waits rather than asks again: what was said may have been done. Milliseconds. */
const PATIENT = { timeoutMs: 12_000 };

/** An operator's commands for the queue, as the orchestrator answers them. */
@Controller('v1')
export class QueueController {
  constructor(private readonly rpc: RpcClient) {}

  @Get('queue')
  list(): Promise<QueueView> {
    return this.rpc.call(QueueRpc.ls, {}, PATIENT);
  }

  @Post('queue/:capability/pause')
  @HttpCode(200)
  pause(
    @Param(textPipe) { capability }: CapabilityPath,
    @Body(bodyPipe) word: ByOperator,
    @Req() request: HttpRequest,
  ): Promise<CapabilityView> {
    return this.rpc.call(QueueRpc.pause, { capability, ...toldBy(word, request) }, PATIENT);
  }

  @Post('queue/:capability/resume')
  @HttpCode(200)
  resume(
    @Param(textPipe) { capability }: CapabilityPath,
    @Body(bodyPipe) word: ByOperator,
    @Req() request: HttpRequest,
  ): Promise<CapabilityView> {
    return this.rpc.call(QueueRpc.resume, { capability, ...toldBy(word, request) }, PATIENT);
  }

  @Put('queue/:capability/rate')
  rate(
    @Param(textPipe) { capability }: CapabilityPath,
    @Body(bodyPipe) word: RateWord,
    @Req() request: HttpRequest,
  ): Promise<CapabilityView> {
    const { perSecond, burst, rule } = word;
    const wish = { ...(perSecond === undefined ? {} : { perSecond }), ...(burst === undefined ? {} : { burst }) };
    return this.rpc.call(
      QueueRpc.rate,
      {
        capability,
        ...wish,
        ...(rule === undefined ? {} : { rule }),
        ...toldBy(word, request),
      },
      PATIENT,
    );
  }

  @Get('dlq')
  deadLetters(@Query(textPipe) query: ListDeadLetters): Promise<DeadLetterPage> {
    return this.rpc.call(DlqRpc.ls, query, PATIENT);
  }

  @Get('dlq/:sequence')
  deadLetter(@Param(textPipe) path: LetterPath): Promise<StoredDeadLetter> {
    return this.rpc.call(DlqRpc.show, path, PATIENT);
  }

  @Post('dlq/:sequence/retry')
  @HttpCode(200)
  retry(
    @Param(textPipe) { sequence }: LetterPath,
    @Body(bodyPipe) word: ByOperator,
    @Req() request: HttpRequest,
  ): Promise<Redriven> {
    return this.rpc.call(DlqRpc.retry, { sequence, ...toldBy(word, request) }, PATIENT);
  }

  @Delete('dlq/:sequence')
  drop(
    @Param(textPipe) { sequence }: LetterPath,
    @Query(textPipe) { reason, by }: DropQuery,
    @Req() request: HttpRequest,
  ): Promise<Dropped> {
    return this.rpc.call(DlqRpc.drop, { sequence, reason, by: by ?? byOf(request) }, PATIENT);
  }
}

const byOf = ({ proof }: HttpRequest): string => (proof === 'session' ? 'console' : 'api');

const toldBy = ({ by, reason }: ByOperator, request: HttpRequest): { by: string; reason?: string } => ({
  by: by ?? byOf(request),
  ...(reason === undefined ? {} : { reason }),
});
