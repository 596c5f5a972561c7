import type { StepView } from '@aet/contracts';
import { fullTime } from '../format/clock.js';
import { Badge } from '../ui/badge.js';
import { JsonValue } from '../ui/json-value.js';
import { Link } from '../ui/router.js';
import { ShortId } from '../ui/short-id.js';
import { shownName, timeOf } from './step-graph.js';
import { stepLook } from './step-look.js';
import type { Saved } from './use-run.js';

interface DetailProps {
  runId: string;
  step: StepView;
  saved: readonly Saved[];
  over: boolean;
  now: number;
  onClose: () => void;
}

export function StepDetail({ runId, step, saved, over, now, onClose }: DetailProps) {
  const { tone, word } = stepLook(step, over);
  return (
    <article className="panel step-detail" aria-label={`Step ${step.name}`}>
      <header className="section-head">
        <h3>{step.compensates === undefined ? step.name : `undo ${shownName(step)}`}</h3>
        <Badge tone={tone}>
          {word}
          {timeOf(step, now)}
        </Badge>
        <button type="button" className="quiet" onClick={onClose}>
          Close
        </button>
      </header>
      <p className="soft">{factsOf(step)}</p>
      {step.cached !== undefined && (
        <p>
          Not executed: the output is that of step {step.cached.step} in run{' '}
          <Link to={`/runs/${step.cached.runId}`}>
            <ShortId id={step.cached.runId} />
          </Link>
          , made {fullTime(step.cached.at)}.
        </p>
      )}
      {step.error !== undefined && (
        <p className="banner bad">
          <strong>{step.error.code}</strong> {step.error.message}
        </p>
      )}
      {saved.map(({ place, attempt, at, value }) => (
        <div key={place}>
          <p className="soft">
            Saved by attempt {attempt}
            {place === step.name ? '' : ` of ${place}`}, {fullTime(at)}: the next attempt begins with it.
          </p>
          <JsonValue value={value} runId={runId} label={`Saved by ${place}`} />
        </div>
      ))}
      {step.output !== undefined && <JsonValue value={step.output} runId={runId} label={`Output of ${step.name}`} />}
    </article>
  );
}

function factsOf({ kind, task, needs, by, attempts, compensates }: StepView): string {
  const what = kind === 'task' ? `Capability ${task}` : kind === 'workflow' ? `Workflow ${task}` : task;
  const words = [
    what.charAt(0).toUpperCase() + what.slice(1),
    ...(compensates === undefined ? [] : [`undoes ${compensates}`]),
    ...(needs.length === 0 ? [] : [`needs ${needs.join(', ')}`]),
    ...(by === undefined ? [] : [`by ${by.agent} on ${by.host}, cell ${by.cell}`]),
    ...(attempts === 0 || kind === 'branch' ? [] : [`${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`]),
  ];
  return words.join(' · ');
}
