import { EFFECT_STATES, ListEffects, ResolveEffect } from '@aet/contracts';
import type { RouteDoc } from './routes.js';
import { anything, count, flag, listOf, object, oneOf, ref, type Schema, text, time } from './schema-parts.js';

export const EFFECT_ROUTES: readonly RouteDoc[] = [
  {
    method: 'get',
    path: '/v1/effects',
    id: 'listEffects',
    tag: 'effects',
    summary: 'Effects outside of AET, newest first.',
    query: ListEffects,
    status: 200,
    reply: 'EffectList',
    refusals: [400, 504],
  },
  {
    method: 'post',
    path: '/v1/effects/resolve',
    id: 'resolveEffect',
    tag: 'effects',
    summary: 'Says of an effect in doubt whether it was done; who said so and why is recorded.',
    body: ResolveEffect,
    status: 200,
    reply: 'EffectView',
    refusals: [400, 404, 409, 504],
  },
];

export const effectSchemas: Record<string, Schema> = {
  EffectView: object({
    runId: text,
    step: text,
    'item?': count,
    key: text,
    attempt: count,
    epoch: count,
    state: oneOf(EFFECT_STATES),
    inDoubt: flag,
    claimedAt: time,
    'doneAt?': time,
    'result?': anything,
    'by?': ref('Performer'),
    'resolvedBy?': text,
  }),
  EffectList: object({ effects: listOf(ref('EffectView')) }),
};
