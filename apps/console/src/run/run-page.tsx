import type { RunView } from '@aet/contracts';
import { useState } from 'react';
import type { StreamState } from '../api/run-stream.js';
import { ActButton } from '../act/act-button.js';
import { Badge } from '../ui/badge.js';
import { Freshness } from '../ui/freshness.js';
import { FailureNotice } from '../ui/notice.js';
import { Link } from '../ui/router.js';
import { isEnded, RUN_TONE } from '../ui/tones.js';
import { useNow } from '../ui/use-now.js';
import type { LogLine } from './log-line.js';
import { LogPanel } from './log-panel.js';
import { RelationsPanel } from './relations-panel.js';
import { ResultPanel } from './result-panel.js';
import { actsOf } from './run-acts.js';
import { RunFacts } from './run-facts.js';
import { StepDetail } from './step-detail.js';
import { StepGraph } from './step-graph.js';
import { countedSteps } from './step-look.js';
import { type LiveRun, useRun } from './use-run.js';
import { WaitingPanel } from './waiting-panel.js';

export function RunPage({ runId }: { runId: string }) {
  const live = useRun(runId);
  const { run, stream } = live;
  const now = useNow();
  const [selected, setSelected] = useState<string>();
  const lost = stream.kind === 'lost' ? stream.failure : live.failure;
  if (run === undefined) return lost === undefined ? <p className="soft">Loading the run …</p> : <FailureNotice failure={lost} />;
  const over = isEnded(run.status);
  return (
    <>
      <title>{`${run.status} · ${run.workflow} · AET`}</title>
      <p className="trail">
        <Link to="/runs">Runs</Link> / <code className="id">{run.runId}</code>
      </p>
      <RunHead run={run} stream={stream} heardAt={live.heardAt} />
      <RunFacts run={run} now={now} />
      <div className="acts" role="group" aria-label="What can be done">
        {actsOf(run, live.last, forkPoints(live.lines)).map((act) => (
          <ActButton key={act.name} act={act} />
        ))}
      </div>
      {run.error !== undefined && (
        <p className="banner bad" role="alert">
          <strong>{run.error.code}</strong> {run.error.message}
        </p>
      )}
      {!over && <WaitingPanel run={run} />}
      {over && <ResultPanel run={run} />}
      <Steps run={run} saved={live.saved} now={now} selected={selected} onSelect={setSelected} />
      <RelationsPanel run={run} now={now} />
      <LogPanel lines={live.lines} step={selected} />
      {!over && <ResultPanel run={run} />}
    </>
  );
}

function RunHead({ run, stream, heardAt }: { run: RunView; stream: StreamState; heardAt: number | undefined }) {
  return (
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
  );
}

interface StepsProps {
  run: RunView;
  saved: LiveRun['saved'];
  now: number;
  selected: string | undefined;
  onSelect: (step: string | undefined) => void;
}

function Steps({ run, saved, now, selected, onSelect }: StepsProps) {
  const over = isEnded(run.status);
  const clock = over ? Date.parse(run.updatedAt) : now;
  const step = run.steps.find((s) => s.name === selected);
  return (
    <section aria-labelledby="steps">
      <header className="section-head">
        <h2 id="steps">Steps</h2>
        <span className="soft" role="status">
          {countedSteps(run.steps, over)}
        </span>
      </header>
      <StepGraph
        steps={run.steps}
        over={over}
        now={clock}
        selected={selected}
        onSelect={(name) => onSelect(name === selected ? undefined : name)}
      />
      {step !== undefined && (
        <StepDetail
          runId={run.runId}
          step={step}
          saved={Object.values(saved).filter((s) => s.step === step.name)}
          over={over}
          now={clock}
          onClose={() => onSelect(undefined)}
        />
      )}
    </section>
  );
}

function problemOf(stream: StreamState): string | undefined {
  if (stream.kind === 'lost') return `Connection lost: ${stream.failure.message}; trying again`;
  if (stream.kind === 'trouble') return `The log cannot be read at the moment: ${stream.error.message}`;
  return undefined;
}

/** So many events are proposed. */
const POINTS = 50;

/** Events of the log, newest first, as places to fork at. */
const forkPoints = (lines: readonly LogLine[]): { value: string; name: string }[] =>
  lines
    .flatMap(({ sequence, step = 'run', text }) =>
      sequence === undefined ? [] : [{ value: String(sequence), name: `${sequence} · ${step} · ${text}` }],
    )
    .slice(-POINTS)
    .toReversed();
