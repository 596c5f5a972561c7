import type { RunView } from '@aet/contracts';
import type { ReactNode } from 'react';
import { fullTime } from '../format/clock.js';
import { age, duration } from '../format/duration.js';
import { Link } from '../ui/router.js';
import { ShortId } from '../ui/short-id.js';
import { isEnded } from '../ui/tones.js';

export function RunFacts({ run, now }: { run: RunView; now: number }) {
  const begun = Date.parse(run.submittedAt);
  const { caller, origin, schedule } = run;
  return (
    <dl className="facts">
      {run.startAt !== undefined && run.status === 'scheduled' ? (
        <Fact name="Begins">{fullTime(run.startAt)}</Fact>
      ) : (
        <Fact name={isEnded(run.status) ? 'Took' : run.status === 'running' ? 'Running for' : 'Since its submit'}>
          {duration((isEnded(run.status) ? Date.parse(run.updatedAt) : now) - begun)}
        </Fact>
      )}
      <Fact name="Submitted" title={fullTime(run.submittedAt)}>
        {age(now - begun)}
        {run.submittedBy !== undefined && ` by ${run.submittedBy}`}
      </Fact>
      <Fact name="Tasks">
        {run.attempts.completed} of {run.attempts.scheduled} done{run.attempts.failed > 0 && `, ${run.attempts.failed} failed`}
      </Fact>
      <Fact name="Cell">{run.cell}</Fact>
      <Fact name="Priority">{run.priority}</Fact>
      {run.lane !== undefined && <Fact name="Lane">{run.lane}</Fact>}
      {schedule !== undefined && (
        <Fact name="Schedule">
          <Link to={`/runs?schedule=${encodeURIComponent(schedule)}`}>{schedule}</Link>
        </Fact>
      )}
      {caller !== undefined && (
        <Fact name={`Sub-run, step ${caller.step}`}>
          <Link to={`/runs/${caller.runId}`}>
            its run <ShortId id={caller.runId} />
          </Link>
        </Fact>
      )}
      {origin !== undefined && (
        <Fact name={origin.kind === 'rerun' ? 'Rerun' : `Fork after event ${origin.sequence}`} title={origin.reason}>
          <Link to={`/runs/${origin.runId}`}>
            of <ShortId id={origin.runId} />
          </Link>
          {origin.from !== undefined && ` from ${origin.from}`} by {origin.by}
        </Fact>
      )}
      <Fact name="Trace">
        <Link to={`/timelines/${encodeURIComponent(run.correlationId)}`}>timeline</Link>
      </Fact>
    </dl>
  );
}

function Fact({ name, title, children }: { name: string; title?: string | undefined; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={title}>{children}</dd>
    </div>
  );
}
