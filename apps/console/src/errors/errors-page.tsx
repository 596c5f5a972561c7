import type { ErrorGroup } from '@aet/contracts';
import { usePoll } from '../api/use-poll.js';
import { fullTime } from '../format/clock.js';
import { age } from '../format/duration.js';
import { Badge } from '../ui/badge.js';
import { Freshness } from '../ui/freshness.js';
import { FailureNotice, Notice } from '../ui/notice.js';
import { Link } from '../ui/router.js';
import { severityTone } from '../ui/tones.js';
import { useNow } from '../ui/use-now.js';

const ERRORS_MS = 5000;

export function ErrorsPage() {
  const { data, at, failure } = usePoll<{ groups: ErrorGroup[] }>('/v1/errors?limit=100', ERRORS_MS);
  const now = useNow();
  return (
    <>
      <title>Errors · AET</title>
      <header className="page-head">
        <h1>Errors</h1>
        <Freshness at={at} problem={failure === undefined ? undefined : `Connection lost: ${failure.message}`} />
      </header>
      {data === undefined && failure !== undefined && <FailureNotice failure={failure} />}
      {data?.groups.length === 0 && <Notice title="No errors">No service has reported one in the last seven days.</Notice>}
      <ul className="errors">
        {data?.groups.map((group) => (
          <li key={group.fingerprint}>
            <ErrorEntry group={group} now={now} />
          </li>
        ))}
      </ul>
    </>
  );
}

function ErrorEntry({ group, now }: { group: ErrorGroup; now: number }) {
  const { last } = group;
  return (
    <article>
      <header>
        <Badge tone={severityTone(last.severity)}>{last.severity}</Badge>
        <h2>
          <code>{last.code}</code>
        </h2>
        <span className="count" title={`since ${fullTime(group.firstAt)}`}>
          {group.count} ×
        </span>
        <time dateTime={group.lastAt} title={fullTime(group.lastAt)}>
          {age(now - Date.parse(group.lastAt))}
        </time>
      </header>
      <p className="message">{last.message}</p>
      <p className="soft">
        {[...new Set([...group.services, ...(last.agent === undefined ? [] : [last.agent])])].join(', ')} on {last.host}, cell{' '}
        {last.cell}
        {last.runId !== undefined && (
          <>
            {' · '}
            <Link to={`/runs/${last.runId}`}>the run</Link>
          </>
        )}
        {last.correlationId !== undefined && (
          <>
            {' · '}
            <Link to={`/timelines/${encodeURIComponent(last.correlationId)}`}>timeline</Link>
          </>
        )}
        {' · '}
        <code className="id" title="fingerprint">
          {group.fingerprint.slice(0, 12)}
        </code>
      </p>
    </article>
  );
}
