import type { StoredDeadLetter } from '@aet/contracts';
import { ActButton } from '../act/act-button.js';
import { usePoll } from '../api/use-poll.js';
import { fullTime } from '../format/clock.js';
import { duration } from '../format/duration.js';
import { Badge } from '../ui/badge.js';
import { JsonValue } from '../ui/json-value.js';
import { PageHead } from '../ui/page-head.js';
import { go, Link } from '../ui/router.js';
import { dropLetter, retryLetter } from './queue-acts.js';

/** A letter does not change: it is merely seen whether it is still there. */
const LETTER_MS = 10_000;

export function LetterPage({ sequence }: { sequence: string }) {
  const picture = usePoll<StoredDeadLetter>(`/v1/dlq/${encodeURIComponent(sequence)}`, LETTER_MS);
  const { data } = picture;
  return (
    <>
      <p className="trail">
        <Link to="/dlq">Dead letters</Link> / {sequence}
      </p>
      <PageHead title={`Dead letter ${sequence}`} picture={picture}>
        {data !== undefined && <Badge tone="bad">{data.reason}</Badge>}
      </PageHead>
      {data !== undefined && <Letter letter={data} />}
    </>
  );
}

function Letter({ letter }: { letter: StoredDeadLetter }) {
  const { original, history = [] } = letter;
  const runId = runIn(original);
  return (
    <>
      <p>{letter.message}</p>
      <p className="soft">
        {fullTime(letter.at)} on {letter.by.host}, cell {letter.by.cell} · {letter.deliveries}{' '}
        {letter.deliveries === 1 ? 'delivery' : 'deliveries'} · <code>{letter.subject}</code>
        {runId !== undefined && (
          <>
            {' · '}
            <Link to={`/runs/${runId}`}>the run</Link>
          </>
        )}
      </p>
      <div className="acts" role="group" aria-label="What can be done">
        <ActButton act={retryLetter(letter.sequence)} />
        <ActButton act={dropLetter(letter.sequence, () => go('/dlq'))} />
      </div>
      {history.length > 0 && (
        <section aria-labelledby="tried">
          <header className="section-head">
            <h2 id="tried">What was tried</h2>
          </header>
          <ol className="panel relations">
            {history.map(({ attempt, at, by, durationMs, error }) => (
              <li key={`${attempt} ${at}`}>
                <span className="soft">
                  attempt {attempt}, {fullTime(at)}, {duration(durationMs)}
                </span>
                <span>
                  {by.agent} on {by.host}
                </span>
                <span className="problem">
                  <code>{error.code}</code> {error.message}
                </span>
              </li>
            ))}
          </ol>
        </section>
      )}
      <section aria-labelledby="task">
        <header className="section-head">
          <h2 id="task">The message</h2>
          {'base64' in original && <span className="soft">as it came, base64: it is no JSON</span>}
        </header>
        <JsonValue value={'json' in original ? original.json : original.base64} runId={runId ?? ''} label="The message" />
      </section>
    </>
  );
}

function runIn(original: StoredDeadLetter['original']): string | undefined {
  const json = 'json' in original ? original.json : undefined;
  const runId = typeof json === 'object' && json !== null ? (json as { runId?: unknown }).runId : undefined;
  return typeof runId === 'string' ? runId : undefined;
}
