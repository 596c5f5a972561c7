import type { RunSummary } from '@aet/contracts';
import { fullTime } from '../format/clock.js';
import { age, duration } from '../format/duration.js';
import { Badge } from '../ui/badge.js';
import { Meter } from '../ui/meter.js';
import { Link } from '../ui/router.js';
import { ShortId } from '../ui/short-id.js';
import { isEnded, RUN_TONE } from '../ui/tones.js';
import { useNow } from '../ui/use-now.js';

export function RunTable({ runs }: { runs: readonly RunSummary[] }) {
  const now = useNow();
  return (
    <div className="table-frame">
      <table className="cards rows">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Status</th>
            <th scope="col">Progress</th>
            <th scope="col">Priority</th>
            <th scope="col">Lane</th>
            <th scope="col">Cell</th>
            <th scope="col" className="number">
              Took
            </th>
            <th scope="col" className="number">
              Submitted
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={run.runId} run={run} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RunRow({ run, now }: { run: RunSummary; now: number }) {
  const { scheduled, completed, failed } = run.attempts;
  const end = isEnded(run.status) ? Date.parse(run.updatedAt) : now;
  const whence = [
    ...(run.parent === undefined ? [] : ['sub-run']),
    ...(run.schedule === undefined ? [] : [`schedule ${run.schedule}`]),
  ];
  return (
    <tr>
      <th scope="row">
        <Link to={`/runs/${run.runId}`} className="row-link">
          {run.workflow}
        </Link>{' '}
        <ShortId id={run.runId} />
        {whence.length > 0 && <small> {whence.join(', ')}</small>}
        {run.error !== undefined && <p className="problem">{run.error.message}</p>}
      </th>
      <td data-label="Status">
        <Badge tone={RUN_TONE[run.status]}>{run.status}</Badge>
      </td>
      <td data-label="Progress">
        <span className="work">
          <Meter
            value={completed}
            of={scheduled}
            tone={run.status === 'completed' ? 'good' : run.status === 'failed' ? 'bad' : 'busy'}
            label={`${completed} of ${scheduled} tasks done`}
          />
          {completed}/{scheduled}
          {failed > 0 && <span className="problem"> {failed} failed</span>}
        </span>
      </td>
      <td data-label="Priority">{run.priority}</td>
      <td data-label="Lane">{run.lane ?? <span className="soft">–</span>}</td>
      <td data-label="Cell">{run.cell}</td>
      <td data-label="Took" className="number">
        {run.status === 'scheduled' ? '–' : duration(end - Date.parse(run.submittedAt))}
      </td>
      <td data-label="Submitted" className="number" title={fullTime(run.submittedAt)}>
        {age(now - Date.parse(run.submittedAt))}
      </td>
    </tr>
  );
}
