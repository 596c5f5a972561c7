import { type EffectList, EffectRpc, type EffectView, ListEffects, ResolveEffect } from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Body, Controller, Get, HttpCode, Post, Query, Req } from '@nestjs/common';
import type { HttpRequest } from './http-types.js';
import { bodyPipe, textPipe } from './rest-validation.js';

/** An operator waits rather than asks again: what was said may have been done. Milliseconds. */
const PATIENT = { timeoutMs: 12_000 };

/** Effects outside of AET, and an operator's word on those in doubt. */
@Controller('v1/effects')
export class EffectsController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  list(@Query(textPipe) query: ListEffects): Promise<EffectList> {
    return this.rpc.call(EffectRpc.ls, query, PATIENT);
  }

  @Post('resolve')
  @HttpCode(200)
  resolve(@Body(bodyPipe) word: ResolveEffect, @Req() { proof }: HttpRequest): Promise<EffectView> {
    word.by ??= proof === 'session' ? 'console' : 'api';
    return this.rpc.call(EffectRpc.resolve, word, PATIENT);
  }
}
