import type { EffectList, EffectView } from '@aet/contracts';
import { table } from './table.js';

export function effectTable({ effects }: EffectList): string[] {
  if (effects.length === 0) return ['no effects'];
  const rows = effects.map((effect) => [
    effect.claimedAt,
    effect.inDoubt ? 'IN DOUBT' : effect.state,
    effect.runId,
    place(effect),
    String(effect.attempt),
    effect.key,
    effect.resolvedBy ?? effect.by?.host ?? '',
  ]);
  return table(['claimed', 'state', 'run', 'step', 'attempt', 'key', 'by'], rows, new Set([4]));
}

export const effectLine = (effect: EffectView): string =>
  `${effect.key} of step ${place(effect)} of run ${effect.runId}: ${effect.state === 'done' ? 'done' : 'not done'}`;

const place = ({ step, item }: EffectView): string => `${step}${item === undefined ? '' : `#${item}`}`;
