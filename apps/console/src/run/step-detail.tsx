import type { StepView } from '@aet/contracts';
import { Badge } from '../ui/badge.js';
import { timeOf } from './step-graph.js';
import { stepLook } from './step-look.js';

/** Characters of an output that are shown; the rest is in the API. */
const MAX_OUTPUT = 20_000;

export function StepDetail({ step, over, now, onClose }: { step: StepView; over: boolean; now: number; onClose: () => void }) {
  const { tone, word } = stepLook(step.status, over);
  return (
    <article className="panel step-detail" aria-label={`Step ${step.name}`}>
      <header className="section-head">
        <h3>{step.name}</h3>
        <Badge tone={tone}>
          {word}
          {timeOf(step, now)}
        </Badge>
        <button type="button" className="quiet" onClick={onClose}>
          Close
        </button>
      </header>
      <p className="soft">
        Capability <code>{step.task}</code>
        {step.needs.length > 0 && <> · needs {step.needs.join(', ')}</>}
        {step.by !== undefined && (
          <>
            {' '}
            · by {step.by.agent} on {step.by.host}, cell {step.by.cell}
          </>
        )}
        {step.attempts > 0 && (
          <>
            {' '}
            · {step.attempts} {step.attempts === 1 ? 'attempt' : 'attempts'}
          </>
        )}
      </p>
      {step.error !== undefined && (
        <p className="banner bad">
          <strong>{step.error.code}</strong> {step.error.message}
        </p>
      )}
      {step.output !== undefined && (
        <pre className="output" tabIndex={0} aria-label={`Output of ${step.name}`}>
          {shorten(JSON.stringify(step.output, null, 2))}
        </pre>
      )}
    </article>
  );
}

const shorten = (text: string): string =>
  text.length <= MAX_OUTPUT ? text : `${text.slice(0, MAX_OUTPUT)}\n… ${text.length - MAX_OUTPUT} more characters: see the API`;
