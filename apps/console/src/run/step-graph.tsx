import type { StepView } from '@aet/contracts';
import { duration } from '../format/duration.js';
import { Mark, type Tone } from '../ui/badge.js';
import { Meter } from '../ui/meter.js';
import { layOut, NODE } from './step-layout.js';
import { stepLook, waitWords } from './step-look.js';

interface GraphProps {
  steps: StepView[];
  /** The run is over: what is not done will not be. */
  over: boolean;
  now: number;
  selected: string | undefined;
  onSelect: (name: string) => void;
}

/** The steps in columns by what they need. On a narrow page: a list in the same order. */
export function StepGraph({ steps, over, now, selected, onSelect }: GraphProps) {
  const { width, height, nodes, edges } = layOut(steps);
  const done = new Set(steps.filter((s) => s.status === 'completed' || s.status === 'skipped').map((s) => s.name));
  const skipped = new Set(steps.filter((s) => s.status === 'skipped').map((s) => s.name));
  return (
    <div className="graph-frame">
      <div className="graph" style={{ inlineSize: width, blockSize: height }}>
        <svg width={width} height={height} aria-hidden="true">
          {edges.map((edge) => (
            <path
              key={`${edge.from}>${edge.to}`}
              d={edge.path}
              className={edge.undoes ? 'undo' : done.has(edge.from) && !skipped.has(edge.to) ? 'done' : undefined}
            />
          ))}
        </svg>
        <ol>
          {nodes.map(({ step, x, y }) => (
            <li
              key={step.name}
              style={{ insetInlineStart: x, insetBlockStart: y, inlineSize: NODE.width, blockSize: NODE.height }}
            >
              <StepNode step={step} over={over} now={now} selected={selected === step.name} onSelect={onSelect} />
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

function StepNode({
  step,
  over,
  now,
  selected,
  onSelect,
}: {
  step: StepView;
  over: boolean;
  now: number;
  selected: boolean;
  onSelect: (name: string) => void;
}) {
  const { items, waitsFor } = step;
  const look = stepLook(step, over);
  const wait = waitsFor === undefined || over ? '' : waitWords(waitsFor);
  const kind = kindOf(step);
  const attempt = step.attempts > 1 && items === undefined ? `attempt ${step.attempts}` : undefined;
  return (
    <button
      type="button"
      className={`step ${classOf(step, look.tone, over)}`}
      aria-pressed={selected}
      onClick={() => onSelect(step.name)}
    >
      <span className="name">
        <Mark tone={look.tone} />
        <span className="label">{shownName(step)}</span>
        {kind === undefined ? attempt !== undefined && <small>{attempt}</small> : <small className="kind">{kind}</small>}
      </span>
      <span className="detail">
        {wait === '' ? `${look.word}${timeOf(step, now)}` : `waits ${wait}`}
        {kind !== undefined && attempt !== undefined && ` · ${attempt}`}
        {step.cached !== undefined && ' · cached'}
      </span>
      {items !== undefined && (
        <span className="work">
          <Meter
            value={items.done}
            of={items.total}
            tone={step.status === 'failed' ? 'bad' : items.done === items.total ? 'good' : 'busy'}
            label={`${items.done} of ${items.total} tasks done`}
          />
          {items.done}/{items.total}
          {step.status === 'completed' && items.done < items.total && <small>{items.total - items.done} not needed</small>}
        </span>
      )}
    </button>
  );
}

/** What undoes a step is shown by that step's name. */
export const shownName = ({ name, compensates }: StepView): string => (compensates === undefined ? name : compensates);

/** Said where a step is no task. */
const kindOf = ({ kind, compensates }: StepView): string | undefined => {
  if (compensates !== undefined) return 'undo';
  return kind === 'task' ? undefined : kind === 'workflow' ? 'sub-run' : kind;
};

/** What is done stands out less than what is under way, and that less than what needs somebody. */
function classOf({ status }: StepView, tone: Tone, over: boolean): string {
  if (tone === 'warn') return 'needed';
  if (tone !== 'idle') return status;
  return over || status !== 'running' ? 'skipped' : 'held';
}

export function timeOf(step: StepView, now: number): string {
  if (step.startedAt === undefined || step.status === 'skipped') return '';
  const end = step.finishedAt === undefined ? now : Date.parse(step.finishedAt);
  return ` · ${duration(end - Date.parse(step.startedAt))}`;
}
