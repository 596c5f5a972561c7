import { counter, Counter, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import type { EffectMetrics, EffectOutcome } from '../application/manage-effects.js';

const EFFECTS = 'aet_orchestrator_effects_total';

@Injectable()
export class LedgerMetrics implements EffectMetrics {
  constructor(@InjectMetric(EFFECTS) private readonly effects: Counter<'outcome'>) {}

  effect(outcome: EffectOutcome): void {
    this.effects.inc({ outcome: outcome.replaceAll('-', '_') });
  }
}

export const EFFECT_METRICS: Provider[] = [
  counter({
    name: EFFECTS,
    help: 'Words about effects outside of AET, by outcome: granted, done (it was before), held, in_doubt, ended_done, ended_failed, resolved.',
    labelNames: ['outcome'],
  }),
  LedgerMetrics,
];
