import type { ApprovalPage, WaitingApproval } from '@aet/contracts';
import { ActButton } from '../act/act-button.js';
import { usePoll } from '../api/use-poll.js';
import { fullTime } from '../format/clock.js';
import { age, duration } from '../format/duration.js';
import { decide } from '../run/run-acts.js';
import { Badge } from '../ui/badge.js';
import { Notice } from '../ui/notice.js';
import { PageHead } from '../ui/page-head.js';
import { Link } from '../ui/router.js';
import { ShortId } from '../ui/short-id.js';
import { useNow } from '../ui/use-now.js';

const APPROVALS_MS = 2500;

/** What waits for a person, across runs; who has waited longest comes first. */
export function ApprovalsPage({ cursor }: { cursor: string }) {
  const path = `/v1/approvals${cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`}`;
  const picture = usePoll<ApprovalPage>(path, APPROVALS_MS);
  const now = useNow();
  const { data } = picture;
  return (
    <>
      <PageHead title="Approvals" picture={picture} />
      {data?.approvals.length === 0 && (
        <Notice title="Nothing waits for you">A step of the kind “approval” asks here, and on the page of its run.</Notice>
      )}
      <ul className="asks">
        {data?.approvals.map((ask) => (
          <li key={`${ask.runId} ${ask.step}`}>
            <Ask ask={ask} now={now} />
          </li>
        ))}
      </ul>
      {(cursor !== '' || data?.next !== undefined) && (
        <nav className="pager" aria-label="Pages of the list">
          {cursor !== '' && <Link to="/approvals">Oldest</Link>}
          {data?.next !== undefined && <Link to={`/approvals?cursor=${encodeURIComponent(data.next)}`}>Next</Link>}
        </nav>
      )}
    </>
  );
}

function Ask({ ask, now }: { ask: WaitingApproval; now: number }) {
  return (
    <article className="panel ask" aria-label={`${ask.workflow}, ${ask.step}`}>
      <div className="what">
        <p className="question">{ask.text}</p>
        <p className="soft">
          <Link to={`/runs/${ask.runId}`}>
            {ask.workflow} <ShortId id={ask.runId} />
          </Link>
          , step {ask.step}
          {ask.submittedBy !== undefined && `, submitted by ${ask.submittedBy}`}
          {ask.approvers !== undefined && ` · may decide: ${ask.approvers.join(', ')}`}
        </p>
        <p className="soft">
          <time dateTime={ask.requestedAt} title={fullTime(ask.requestedAt)}>
            Asked {age(now - Date.parse(ask.requestedAt))}
          </time>
          {ask.expiresAt !== undefined && (
            <span title={fullTime(ask.expiresAt)}> · decided by itself in {duration(Date.parse(ask.expiresAt) - now)}</span>
          )}
          {ask.status !== 'running' && (
            <>
              {' · '}
              <Badge tone="warn">run {ask.status}</Badge>
            </>
          )}
          {ask.priority !== 'normal' && ` · priority ${ask.priority}`}
        </p>
      </div>
      <div className="acts">
        <ActButton act={decide(ask, true)} label={`Approve ${ask.step} of ${ask.workflow}`} />
        <ActButton act={decide(ask, false)} label={`Reject ${ask.step} of ${ask.workflow}`} />
      </div>
    </article>
  );
}
