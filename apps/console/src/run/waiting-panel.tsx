import type { RunView, StepView } from '@aet/contracts';
import { ActButton } from '../act/act-button.js';
import { fullTime } from '../format/clock.js';
import { Badge } from '../ui/badge.js';
import { Link } from '../ui/router.js';
import { ShortId } from '../ui/short-id.js';
import { decide, signal } from './run-acts.js';
import { stepLook } from './step-look.js';

/** Sub-runs that are named; the others are in the list of runs. */
const NAMED = 5;

/** What the run waits for that is no task in hand, and what a person can do about it. Nothing while there is nothing. */
export function WaitingPanel({ run }: { run: RunView }) {
  const waiting = run.steps.filter((step) => step.waitsFor !== undefined);
  if (waiting.length === 0) return null;
  return (
    <section aria-labelledby="waiting">
      <header className="section-head">
        <h2 id="waiting">Waits for</h2>
      </header>
      <ul className="panel waits">
        {waiting.map((step) => (
          <li key={step.name}>
            <Badge tone={stepLook(step, false).tone}>{step.name}</Badge>
            <Wait run={run} step={step} wait={step.waitsFor ?? {}} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Wait({ run, step, wait }: { run: RunView; step: StepView; wait: NonNullable<StepView['waitsFor']> }) {
  const { approval, approvers, signal: name, until, runs = [], host } = wait;
  const ask = { runId: run.runId, step: step.name, text: approval ?? '', ...(approvers === undefined ? {} : { approvers }) };
  return (
    <>
      <div className="what">
        {approval !== undefined && <p className="question">{approval}</p>}
        {approvers !== undefined && <p className="soft">May decide: {approvers.join(', ')}</p>}
        {name !== undefined && (
          <p>
            The signal <code>{name}</code>
          </p>
        )}
        {until !== undefined && (
          <p className={approval === undefined && name === undefined ? '' : 'soft'}>Until {fullTime(until)}</p>
        )}
        {host !== undefined && (
          <p>
            {host}. Start a host that has it, or look at the <Link to="/">fleet</Link>.
          </p>
        )}
        {runs.length > 0 && (
          <p>
            {runs.length === 1 ? 'Sub-run' : 'Sub-runs'}{' '}
            {runs.slice(0, NAMED).map((id) => (
              <span key={id}>
                <Link to={`/runs/${id}`}>
                  <ShortId id={id} />
                </Link>{' '}
              </span>
            ))}
            {runs.length > NAMED && <Link to={`/runs?parent=${run.runId}`}>and {runs.length - NAMED} more</Link>}
          </p>
        )}
      </div>
      <div className="acts">
        {approval !== undefined && (
          <>
            <ActButton act={decide(ask, true)} label={`Approve ${step.name}`} />
            <ActButton act={decide(ask, false)} label={`Reject ${step.name}`} />
          </>
        )}
        {name !== undefined && <ActButton act={signal(run, name)} label={`Send the signal ${name}`} />}
      </div>
    </>
  );
}
