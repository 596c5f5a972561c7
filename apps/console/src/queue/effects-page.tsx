import type { EffectList, EffectView } from '@aet/contracts';
import { ActButton } from '../act/act-button.js';
import type { Act } from '../act/act.js';
import { sendJson } from '../api/send-json.js';
import { usePoll } from '../api/use-poll.js';
import { fullTime } from '../format/clock.js';
import { age } from '../format/duration.js';
import { CardTable } from '../ui/card-table.js';
import { Notice } from '../ui/notice.js';
import { PageHead } from '../ui/page-head.js';
import { Link } from '../ui/router.js';
import { ShortId } from '../ui/short-id.js';
import { useNow } from '../ui/use-now.js';

const EFFECTS_MS = 5000;

/** Effects outside of AET that were begun by somebody who did not say how they ended: only a person can find out. */
export function EffectsPage() {
  const picture = usePoll<EffectList>('/v1/effects?state=in-doubt&limit=200', EFFECTS_MS);
  const now = useNow();
  const { data } = picture;
  return (
    <>
      <PageHead title="Effects in doubt" tabs="queue" here="/effects" picture={picture} />
      {data?.effects.length === 0 && (
        <Notice title="No effect in doubt">Whoever began one said how it ended, or a hook found it out.</Notice>
      )}
      {data !== undefined && data.effects.length > 0 && (
        <CardTable heads={['Effect', 'Run', 'Claimed by', { number: 'Claimed' }, { unseen: 'What can be done' }]}>
          {data.effects.map((effect) => (
            <EffectRow key={`${effect.runId} ${effect.step} ${effect.item ?? ''} ${effect.key}`} effect={effect} now={now} />
          ))}
        </CardTable>
      )}
    </>
  );
}

function EffectRow({ effect, now }: { effect: EffectView; now: number }) {
  const { key, runId, step, item, attempt, by, claimedAt } = effect;
  return (
    <tr>
      <th scope="row">
        <code>{key}</code>
      </th>
      <td data-label="Run">
        <Link to={`/runs/${runId}`}>
          <ShortId id={runId} />
        </Link>{' '}
        <small>{`${step}${item === undefined ? '' : ` #${item}`}, attempt ${attempt}`}</small>
      </td>
      <td data-label="Claimed by">{by === undefined ? <span className="soft">–</span> : `${by.agent} on ${by.host}`}</td>
      <td data-label="Claimed" className="number" title={fullTime(claimedAt)}>
        {age(now - Date.parse(claimedAt))}
      </td>
      <td className="acts-cell">
        <ActButton act={resolve(effect, 'done')} label={`${key} was done`} />
        <ActButton act={resolve(effect, 'not-done')} label={`${key} was not done`} />
      </td>
    </tr>
  );
}

const resolve = ({ runId, step, item, key }: EffectView, outcome: 'done' | 'not-done'): Act => ({
  name: outcome === 'done' ? 'Was done' : 'Was not done',
  title: outcome === 'done' ? `Was “${key}” done?` : `Was “${key}” not done?`,
  says:
    outcome === 'done'
      ? 'Its task gets the result below, and does not do it again. Look first where the effect would be seen.'
      : 'Its task may do it, once. Look first where the effect would be seen: it could be done twice.',
  confirm: outcome === 'done' ? 'Yes, it was done' : 'It was not done',
  grave: outcome === 'not-done',
  fields: outcome === 'done' ? [{ name: 'result', label: 'What it gave, JSON (optional)', kind: 'json' }] : [],
  send: async ({ values, told }) => {
    const about = { runId, step, ...(item === undefined ? {} : { item }), key, outcome };
    const effect = await sendJson<EffectView>('POST', '/v1/effects/resolve', { ...about, ...values, ...told });
    return { text: `The ledger has “${key}” as ${effect.state}.` };
  },
});
