import { age } from '../format/duration.js';
import { Mark } from './badge.js';
import { useNow } from './use-now.js';

/** Says whether what is shown is current, and if not, how old it is. The words are announced when they change, the ticking age is not. */
export function Freshness({
  at,
  problem,
  live = 'Live',
}: {
  at: number | undefined;
  problem?: string | undefined;
  live?: string;
}) {
  const now = useNow();
  const old = at === undefined ? undefined : age(now - at);
  return (
    <p className={`freshness ${problem === undefined ? '' : 'stale'}`}>
      <span role="status">
        <Mark tone={problem === undefined ? (at === undefined ? 'busy' : 'good') : 'bad'} />
        {problem ?? (at === undefined ? 'Loading' : live)}
      </span>
      {problem !== undefined && old !== undefined && <span className="soft"> · the picture is from {old}</span>}
    </p>
  );
}
