import type { TimelineView } from '@aet/contracts';
import { usePoll } from '../api/use-poll.js';
import { clockTime, fullTime } from '../format/clock.js';
import { duration } from '../format/duration.js';
import { Freshness } from '../ui/freshness.js';
import { FailureNotice, Notice } from '../ui/notice.js';
import { Link } from '../ui/router.js';

const TIMELINE_MS = 3000;

export function TimelinePage({ id }: { id: string }) {
  const { data, at, failure } = usePoll<TimelineView>(`/v1/timelines/${encodeURIComponent(id)}`, TIMELINE_MS);
  return (
    <>
      <title>Timeline · AET</title>
      <p className="trail">
        <Link to="/runs">Runs</Link> / {data?.runId === undefined ? id : <Link to={`/runs/${data.runId}`}>{data.runId}</Link>} /
        timeline
      </p>
      <header className="page-head">
        <h1>Timeline</h1>
        <Freshness at={at} problem={failure === undefined ? undefined : `Connection lost: ${failure.message}`} />
      </header>
      {data === undefined && failure !== undefined && <FailureNotice failure={failure} />}
      {data?.entries.length === 0 && (
        <Notice title="Nothing is known under this id">A timeline begins with the first event of a run.</Notice>
      )}
      <ol className="timeline">
        {data?.entries.map((entry, index) => (
          <li key={index}>
            <time dateTime={entry.at} title={fullTime(entry.at)}>
              {clockTime(entry.at)}
            </time>
            <span className="who">
              {entry.service} <small>{entry.cell}</small>
            </span>
            <span className="what">
              {entry.summary}
              <code className="id">{entry.type}</code>
            </span>
            <span className="number">{entry.durationMs === undefined ? '' : duration(entry.durationMs)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
