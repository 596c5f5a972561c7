import type { RunView } from '@aet/contracts';
import { fullTime } from '../format/clock.js';
import { age } from '../format/duration.js';
import { Badge } from '../ui/badge.js';
import { Link } from '../ui/router.js';
import { ShortId } from '../ui/short-id.js';
import { RUN_TONE } from '../ui/tones.js';

/** So many sub-runs are in a run's answer; there may be more. */
const MOST = 100;

/** The runs that this one began, and the signals that it has had. Nothing while there are none. */
export function RelationsPanel({ run, now }: { run: RunView; now: number }) {
  const { children = [], signals = [] } = run;
  return (
    <>
      {children.length > 0 && (
        <section aria-labelledby="children">
          <header className="section-head">
            <h2 id="children">Sub-runs</h2>
            <Link to={`/runs?parent=${run.runId}`}>in the list of runs</Link>
            {children.length >= MOST && <span className="soft">the first {MOST}</span>}
          </header>
          <ul className="panel relations">
            {children.map((child) => (
              <li key={child.runId}>
                <Badge tone={RUN_TONE[child.status]}>{child.status}</Badge>
                <Link to={`/runs/${child.runId}`}>
                  <ShortId id={child.runId} />
                </Link>
                <span>
                  {child.step}
                  {child.item !== undefined && ` #${child.item}`}
                  {child.attempt > 1 && `, attempt ${child.attempt}`}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {signals.length > 0 && (
        <section aria-labelledby="signals">
          <header className="section-head">
            <h2 id="signals">Signals</h2>
          </header>
          <ul className="panel relations">
            {signals.map((signal) => (
              <li key={signal.id}>
                <code>{signal.name}</code>
                <span>
                  from {signal.by}, {signal.takenBy === undefined ? 'nobody waited for it yet' : `taken by ${signal.takenBy}`}
                </span>
                <time className="soft" dateTime={signal.at} title={fullTime(signal.at)}>
                  {age(now - Date.parse(signal.at))}
                </time>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
