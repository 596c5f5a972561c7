import type { DeadLetterPage, DeadLetterReason, DeadLetterSummary } from '@aet/contracts';
import { ActButton } from '../act/act-button.js';
import { usePoll } from '../api/use-poll.js';
import { fullTime } from '../format/clock.js';
import { age } from '../format/duration.js';
import { CardTable } from '../ui/card-table.js';
import { Badge } from '../ui/badge.js';
import { Notice } from '../ui/notice.js';
import { PageHead } from '../ui/page-head.js';
import { Link } from '../ui/router.js';
import { ShortId } from '../ui/short-id.js';
import { useNow } from '../ui/use-now.js';
import { dropLetter, retryLetter } from './queue-acts.js';

const LETTERS_MS = 5000;
const REASONS: readonly DeadLetterReason[] = ['attempts-exhausted', 'no-agent', 'poison', 'unsupported-version'];

export function DeadLettersPage({ query }: { query: URLSearchParams }) {
  const reason = query.get('reason') ?? '';
  const before = query.get('before') ?? '';
  const asked = new URLSearchParams({ limit: '50', ...(reason === '' ? {} : { reason }), ...(before === '' ? {} : { before }) });
  const picture = usePoll<DeadLetterPage>(`/v1/dlq?${asked}`, LETTERS_MS);
  const now = useNow();
  const { data } = picture;
  const of = reason === '' ? '' : `reason=${reason}&`;
  return (
    <>
      <PageHead title="Dead letters" tabs="queue" here="/dlq" picture={picture} />
      <nav className="filters" aria-label="Show letters by reason">
        {['', ...REASONS].map((name) => (
          <Link key={name} to={name === '' ? '/dlq' : `/dlq?reason=${name}`} aria-current={name === reason || undefined}>
            {name === '' ? 'All' : name}
          </Link>
        ))}
      </nav>
      {data?.letters.length === 0 && <Notice title="No dead letter">Every task found its end in its run.</Notice>}
      {data !== undefined && data.letters.length > 0 && (
        <CardTable heads={['Letter', 'Reason', 'Run', { number: 'Given up' }, { unseen: 'What can be done' }]}>
          {data.letters.map((letter) => (
            <LetterRow key={letter.sequence} letter={letter} now={now} />
          ))}
        </CardTable>
      )}
      {(before !== '' || data?.next !== undefined) && (
        <nav className="pager" aria-label="Pages of the list">
          {before !== '' && <Link to={`/dlq?${of}`.replace(/[?&]$/, '')}>Newest</Link>}
          {data?.next !== undefined && <Link to={`/dlq?${of}before=${data.next}`}>Next</Link>}
        </nav>
      )}
    </>
  );
}

function LetterRow({ letter, now }: { letter: DeadLetterSummary; now: number }) {
  const { sequence, capability = '', reason, message, runId, step, item, attempt, at } = letter;
  return (
    <tr>
      <th scope="row">
        <Link to={`/dlq/${sequence}`}>
          {sequence} {capability}
        </Link>
        <p className="about">{message}</p>
      </th>
      <td data-label="Reason">
        <Badge tone="bad">{reason}</Badge>
      </td>
      <td data-label="Run">
        {runId === undefined ? (
          <span className="soft">–</span>
        ) : (
          <Link to={`/runs/${runId}`}>
            <ShortId id={runId} />
          </Link>
        )}{' '}
        {step !== undefined && (
          <small>{`${step}${item === undefined ? '' : ` #${item}`}${attempt === undefined ? '' : `, attempt ${attempt}`}`}</small>
        )}
      </td>
      <td data-label="Given up" className="number" title={fullTime(at)}>
        {age(now - Date.parse(at))}
      </td>
      <td className="acts-cell">
        <ActButton act={retryLetter(sequence)} label={`Retry letter ${sequence}`} />
        <ActButton act={dropLetter(sequence, () => undefined)} label={`Drop letter ${sequence}`} />
      </td>
    </tr>
  );
}
