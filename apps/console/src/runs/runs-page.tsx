import type { RunPage as Page, RunStatus, RunSummary } from '@aet/contracts';
import { useState } from 'react';
import { type ApiFailure, getJson } from '../api/get-json.js';
import { usePoll } from '../api/use-poll.js';
import { fullTime } from '../format/clock.js';
import { age, duration } from '../format/duration.js';
import { Badge } from '../ui/badge.js';
import { Freshness } from '../ui/freshness.js';
import { Meter } from '../ui/meter.js';
import { FailureNotice, Notice } from '../ui/notice.js';
import { Link } from '../ui/router.js';
import { ShortId } from '../ui/short-id.js';
import { RUN_TONE } from '../ui/tones.js';
import { useNow } from '../ui/use-now.js';

const RUNS_MS = 2500;
const FILTERS: { status: '' | RunStatus; name: string }[] = [
  { status: '', name: 'All' },
  { status: 'running', name: 'Running' },
  { status: 'completed', name: 'Completed' },
  { status: 'failed', name: 'Failed' },
];

export function RunsPage({ status }: { status: string }) {
  const path = `/v1/runs?limit=50${status === '' ? '' : `&status=${encodeURIComponent(status)}`}`;
  const { data, at, failure } = usePoll<Page>(path, RUNS_MS);
  return (
    <>
      <title>Runs · AET</title>
      <header className="page-head">
        <h1>Runs</h1>
        <Freshness at={at} problem={failure === undefined ? undefined : `Connection lost: ${failure.message}`} />
      </header>
      <nav className="filters" aria-label="Show runs by status">
        {FILTERS.map((f) => (
          <Link
            key={f.status}
            to={f.status === '' ? '/runs' : `/runs?status=${f.status}`}
            aria-current={f.status === status || undefined}
          >
            {f.name}
          </Link>
        ))}
      </nav>
      {data === undefined && failure !== undefined && <FailureNotice failure={failure} />}
      {data?.runs.length === 0 && (
        <Notice title={status === '' ? 'No run yet' : `No ${status} run`}>
          Start one with <code>aet run review</code>, or <code>POST /v1/runs</code>.
        </Notice>
      )}
      {data !== undefined && data.runs.length > 0 && <RunTable key={path} path={path} newest={data} />}
    </>
  );
}

/** The newest page, always current, and older ones as they were when asked for. */
function RunTable({ path, newest }: { path: string; newest: Page }) {
  const now = useNow();
  const [older, setOlder] = useState<{ runs: RunSummary[]; next?: string }>();
  const [problem, setProblem] = useState<string>();
  const next = older === undefined ? newest.next : older.next;
  const fresh = new Set(newest.runs.map((r) => r.runId));
  const runs = [...newest.runs, ...(older?.runs ?? []).filter((r) => !fresh.has(r.runId))];
  const more = async (): Promise<void> => {
    try {
      const page = await getJson<Page>(`${path}&cursor=${encodeURIComponent(next ?? '')}`);
      setOlder({ runs: [...(older?.runs ?? []), ...page.runs], ...(page.next === undefined ? {} : { next: page.next }) });
      setProblem(undefined);
    } catch (error) {
      setProblem((error as ApiFailure).message);
    }
  };
  return (
    <>
      <div className="table-frame">
        <table className="cards rows">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Status</th>
              <th scope="col">Progress</th>
              <th scope="col">Priority</th>
              <th scope="col">Cell</th>
              <th scope="col" className="number">
                Took
              </th>
              <th scope="col" className="number">
                Begun
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
      {next !== undefined && (
        <p className="more">
          <button type="button" onClick={() => void more()}>
            Older runs
          </button>
          {problem !== undefined && <span role="alert"> {problem}</span>}
        </p>
      )}
    </>
  );
}

function RunRow({ run, now }: { run: RunSummary; now: number }) {
  const { scheduled, completed, failed } = run.attempts;
  const end = run.status === 'running' ? now : Date.parse(run.updatedAt);
  return (
    <tr>
      <th scope="row">
        <Link to={`/runs/${run.runId}`} className="row-link">
          {run.workflow}
        </Link>{' '}
        <ShortId id={run.runId} />
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
      <td data-label="Cell">{run.cell}</td>
      <td data-label="Took" className="number">
        {duration(end - Date.parse(run.submittedAt))}
      </td>
      <td data-label="Begun" className="number" title={fullTime(run.submittedAt)}>
        {age(now - Date.parse(run.submittedAt))}
      </td>
    </tr>
  );
}
