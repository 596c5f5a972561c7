import type { RunView } from '@aet/contracts';
import { useState } from 'react';
import type { StreamState } from '../api/run-stream.js';
import { fullTime } from '../format/clock.js';
import { age, duration } from '../format/duration.js';
import { Badge } from '../ui/badge.js';
import { Freshness } from '../ui/freshness.js';
import { FailureNotice } from '../ui/notice.js';
import { Link } from '../ui/router.js';
import { RUN_TONE } from '../ui/tones.js';
import { useNow } from '../ui/use-now.js';
import { LogPanel } from './log-panel.js';
import { ResultPanel } from './result-panel.js';
import { StepDetail } from './step-detail.js';
import { StepGraph } from './step-graph.js';
import { stepLook } from './step-look.js';
import { useRun } from './use-run.js';

export function RunPage({ runId }: { runId: string }) {
  const { run, lines, stream, heardAt, failure } = useRun(runId);
  const [selected, setSelected] = useState<string>();
  const now = useNow();
  const lost = stream.kind === 'lost' ? stream.failure : failure;
  if (run === undefined) return lost === undefined ? <p className="soft">Loading the run …</p> : <FailureNotice failure={lost} />;
  const over = run.status !== 'running';
  const clock = over ? Date.parse(run.updatedAt) : now;
  const step = run.steps.find((s) => s.name === selected);
  const select = (name: string): void => setSelected(name === selected ? undefined : name);
  return (
    <>
      <title>{`${run.status} · ${run.workflow} · AET`}</title>
      <p className="trail">
        <Link to="/runs">Runs</Link> / <code className="id">{run.runId}</code>
      </p>
      <header className="page-head">
        <h1>{run.workflow}</h1>
        <span role="status">
          <Badge tone={RUN_TONE[run.status]}>{run.status}</Badge>
        </span>
        <Freshness
          at={stream.kind === 'connecting' ? undefined : heardAt}
          problem={problemOf(stream)}
          live={stream.kind === 'ended' ? 'Final' : 'Live'}
        />
      </header>
      <Facts run={run} now={now} />
      {run.error !== undefined && (
        <p className="banner bad" role="alert">
          <strong>{run.error.code}</strong> {run.error.message}
        </p>
      )}
      {over && <ResultPanel run={run} />}
      <section aria-labelledby="steps">
        <header className="section-head">
          <h2 id="steps">Steps</h2>
          <span className="soft" role="status">
            {summaryOf(run)}
          </span>
        </header>
        <StepGraph steps={run.steps} over={over} now={clock} selected={selected} onSelect={select} />
        {step !== undefined && <StepDetail step={step} over={over} now={clock} onClose={() => setSelected(undefined)} />}
      </section>
      <LogPanel lines={lines} step={selected} />
      {!over && <ResultPanel run={run} />}
    </>
  );
}

function problemOf(stream: StreamState): string | undefined {
  if (stream.kind === 'lost') return `Connection lost: ${stream.failure.message}; trying again`;
  if (stream.kind === 'trouble') return `The log cannot be read at the moment: ${stream.error.message}`;
  return undefined;
}

/** Such as `3 running, 2 completed, 1 waiting`, in the order of a step's life. */
function summaryOf({ status, steps }: RunView): string {
  const words = (['completed', 'failed', 'running', 'skipped', 'waiting'] as const).map((kind) => ({
    count: steps.filter((s) => s.status === kind).length,
    word: stepLook(kind, status !== 'running').word,
  }));
  return words
    .filter(({ count }) => count > 0)
    .map(({ count, word }) => `${count} ${word}`)
    .join(', ');
}

function Facts({ run, now }: { run: RunView; now: number }) {
  const begun = Date.parse(run.submittedAt);
  const end = run.status === 'running' ? now : Date.parse(run.updatedAt);
  return (
    <dl className="facts">
      <div>
        <dt>{run.status === 'running' ? 'Running for' : 'Took'}</dt>
        <dd>{duration(end - begun)}</dd>
      </div>
      <div>
        <dt>Begun</dt>
        <dd title={fullTime(run.submittedAt)}>{age(now - begun)}</dd>
      </div>
      <div>
        <dt>Tasks</dt>
        <dd>
          {run.attempts.completed} of {run.attempts.scheduled} done{run.attempts.failed > 0 && `, ${run.attempts.failed} failed`}
        </dd>
      </div>
      <div>
        <dt>Cell</dt>
        <dd>{run.cell}</dd>
      </div>
      <div>
        <dt>Priority</dt>
        <dd>{run.priority}</dd>
      </div>
      <div>
        <dt>Trace</dt>
        <dd>
          <Link to={`/timelines/${encodeURIComponent(run.correlationId)}`}>timeline</Link>
        </dd>
      </div>
    </dl>
  );
}
