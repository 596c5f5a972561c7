import type { ScheduleList, ScheduleRemoved, ScheduleView } from '@aet/contracts';
import { ActButton } from '../act/act-button.js';
import type { Act } from '../act/act.js';
import { sendJson } from '../api/send-json.js';
import { usePoll } from '../api/use-poll.js';
import { fullTime } from '../format/clock.js';
import { age, duration } from '../format/duration.js';
import { CardTable } from '../ui/card-table.js';
import { Badge } from '../ui/badge.js';
import { Notice } from '../ui/notice.js';
import { PageHead } from '../ui/page-head.js';
import { Link } from '../ui/router.js';
import { useNow } from '../ui/use-now.js';

const SCHEDULES_MS = 5000;
/** Of the next times, so many are shown. */
const NEXT = 3;

export function SchedulesPage() {
  const picture = usePoll<ScheduleList>('/v1/schedules', SCHEDULES_MS);
  const now = useNow();
  const { data } = picture;
  return (
    <>
      <PageHead title="Schedules" tabs="runs" here="/schedules" picture={picture} />
      {data?.schedules.length === 0 && (
        <Notice title="No schedule">
          <code>{"aet schedules put nightly review --cron '30 2 * * *' -i repo=$PWD"}</code> makes one.
        </Notice>
      )}
      {data !== undefined && data.schedules.length > 0 && (
        <CardTable heads={['Schedule', 'When', 'Next', 'Last', { unseen: 'What can be done' }]}>
          {data.schedules.map((schedule) => (
            <ScheduleRow key={schedule.name} schedule={schedule} now={now} />
          ))}
        </CardTable>
      )}
    </>
  );
}

function ScheduleRow({ schedule, now }: { schedule: ScheduleView; now: number }) {
  const { name, cron, at, timeZone, run, paused, next } = schedule;
  return (
    <tr>
      <th scope="row">
        <Link to={`/runs?schedule=${encodeURIComponent(name)}`}>{name}</Link>
        <p className="about">
          {run.workflow ?? run.document?.name ?? 'a workflow of its own'}, by {schedule.by}
        </p>
        {paused !== undefined && (
          <p className="about" title={fullTime(paused.at)}>
            <Badge tone="warn">paused</Badge> by {paused.by}
            {paused.reason !== undefined && `: ${paused.reason}`}
          </p>
        )}
      </th>
      <td data-label="When">
        {cron === undefined ? at !== undefined && `once, ${fullTime(at)}` : <code>{cron}</code>}
        {cron !== undefined && <small> {timeZone}</small>}
      </td>
      <td data-label="Next">
        {next.length === 0 ? (
          <span className="soft">none</span>
        ) : (
          <ul>
            {next.slice(0, NEXT).map((time, index) => (
              <li key={time} className={index === 0 ? undefined : 'soft'}>
                {fullTime(time)}
                {index === 0 && <small> in {duration(Date.parse(time) - now)}</small>}
              </li>
            ))}
          </ul>
        )}
      </td>
      <td data-label="Last">
        <Last last={schedule.last} now={now} />
      </td>
      <td className="acts-cell">
        <ActButton act={hold(schedule)} label={`${paused === undefined ? 'Pause' : 'Resume'} ${name}`} />
        <ActButton act={remove(name)} label={`Remove ${name}`} />
      </td>
    </tr>
  );
}

function Last({ last, now }: { last: ScheduleView['last']; now: number }) {
  if (last === undefined) return <span className="soft">never</span>;
  const when = age(now - Date.parse(last.at));
  return (
    <span title={fullTime(last.at)}>
      {last.runId === undefined ? when : <Link to={`/runs/${last.runId}`}>{when}</Link>}
      {last.error !== undefined && <span className="problem"> {last.error.message}</span>}
    </span>
  );
}

const pathOf = (name: string): string => `/v1/schedules/${encodeURIComponent(name)}`;

const hold = ({ name, paused }: ScheduleView): Act => {
  const word = paused === undefined ? 'pause' : 'resume';
  return {
    name: paused === undefined ? 'Pause' : 'Resume',
    title: paused === undefined ? `Pause ${name}?` : `Let ${name} go on?`,
    says: paused === undefined ? 'Nothing is submitted; times that pass are left out.' : 'It goes on with its next time.',
    confirm: paused === undefined ? 'Pause the schedule' : 'Resume the schedule',
    send: async ({ told }) => {
      const view = await sendJson<ScheduleView>('POST', `${pathOf(name)}/${word}`, told);
      const [next] = view.next;
      return {
        text: `${name} ${view.paused === undefined ? `goes on${next === undefined ? '' : `, next ${fullTime(next)}`}` : 'is paused'}.`,
      };
    },
  };
};

const remove = (name: string): Act => ({
  name: 'Remove',
  title: `Remove the schedule ${name}?`,
  says: 'Nothing is submitted by it any more. Its runs stay.',
  confirm: 'Remove the schedule',
  grave: true,
  send: async ({ told }) => {
    const query = new URLSearchParams(Object.entries(told)).toString();
    const { removed } = await sendJson<ScheduleRemoved>('DELETE', `${pathOf(name)}${query === '' ? '' : `?${query}`}`);
    return { text: removed ? `${name} is removed.` : `There was no schedule ${name} any more.` };
  },
});
