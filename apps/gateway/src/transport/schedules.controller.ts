import {
  ByOperator,
  type ScheduleList,
  type ScheduleRemoved,
  ScheduleRpc,
  type ScheduleView,
  ScheduleWord,
} from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req } from '@nestjs/common';
import type { HttpRequest } from './http-types.js';
import { SchedulePath, WordQuery } from './operation-paths.js';
import { bodyPipe, textPipe } from './rest-validation.js';
import { said } from './told-by.js';

/** An operator waits rather than asks again. Milliseconds. */
const PATIENT = { timeoutMs: 12_000 };

/** Runs that begin by themselves. */
@Controller('v1/schedules')
export class SchedulesController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  list(): Promise<ScheduleList> {
    return this.rpc.call(ScheduleRpc.ls, {}, PATIENT);
  }

  @Put(':name')
  put(
    @Param(textPipe) { name }: SchedulePath,
    @Body(bodyPipe) word: ScheduleWord,
    @Req() request: HttpRequest,
  ): Promise<ScheduleView> {
    return this.rpc.call(ScheduleRpc.put, { name, ...said(word, request) }, PATIENT);
  }

  @Delete(':name')
  remove(
    @Param(textPipe) { name }: SchedulePath,
    @Query(textPipe) word: WordQuery,
    @Req() request: HttpRequest,
  ): Promise<ScheduleRemoved> {
    return this.rpc.call(ScheduleRpc.rm, { name, ...said(word, request) }, PATIENT);
  }

  @Post(':name/pause')
  @HttpCode(200)
  pause(
    @Param(textPipe) { name }: SchedulePath,
    @Body(bodyPipe) word: ByOperator,
    @Req() request: HttpRequest,
  ): Promise<ScheduleView> {
    return this.rpc.call(ScheduleRpc.pause, { name, ...said(word, request) }, PATIENT);
  }

  @Post(':name/resume')
  @HttpCode(200)
  resume(
    @Param(textPipe) { name }: SchedulePath,
    @Body(bodyPipe) word: ByOperator,
    @Req() request: HttpRequest,
  ): Promise<ScheduleView> {
    return this.rpc.call(ScheduleRpc.resume, { name, ...said(word, request) }, PATIENT);
  }
}
