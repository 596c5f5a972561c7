import {
  ClaimEffect,
  type EffectClaim,
  type EffectKept,
  type EffectList,
  EffectRpc,
  type EffectView,
  FinishEffect,
  ListEffects,
  ReleaseEffect,
  ResolveEffect,
} from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { Controller, UseGuards } from '@nestjs/common';
import { ManageEffects } from '../application/manage-effects.js';
import { RecordReadyGuard } from './record-ready.guard.js';

@Controller()
@UseGuards(RecordReadyGuard)
export class EffectsController {
  constructor(private readonly effects: ManageEffects) {}

  @Rpc(EffectRpc.claim)
  claim(request: ClaimEffect): Promise<EffectClaim> {
    return this.effects.claim(request);
  }

  @Rpc(EffectRpc.done)
  done(request: FinishEffect): Promise<EffectKept> {
    return this.effects.done(request);
  }

  @Rpc(EffectRpc.release)
  release(request: ReleaseEffect): Promise<EffectKept> {
    return this.effects.release(request);
  }

  @Rpc(EffectRpc.ls)
  list(request: ListEffects): Promise<EffectList> {
    return this.effects.list(request);
  }

  @Rpc(EffectRpc.resolve)
  resolve(request: ResolveEffect): Promise<EffectView> {
    return this.effects.resolve(request);
  }
}
