import type { RunPage as Page } from '@aet/contracts';
import { usePoll } from '../api/use-poll.js';
import { Notice } from '../ui/notice.js';
import { PageHead } from '../ui/page-head.js';
import { Link } from '../ui/router.js';
import { FilterBar } from './filter-bar.js';
import { apiPathOf, described, filterOf, placeOf, type RunFilter } from './run-filter.js';
import { RunTable } from './run-table.js';

const RUNS_MS = 2500;

export function RunsPage({ query }: { query: URLSearchParams }) {
  const filter = filterOf(query);
  const picture = usePoll<Page>(apiPathOf(filter), RUNS_MS);
  const { data } = picture;
  return (
    <>
      <PageHead title="Runs" tabs="runs" here="/runs" picture={picture} />
      <FilterBar filter={filter} counts={data?.counts} />
      {data?.runs.length === 0 && (
        <Notice title={`No ${described(filter)}${Object.keys(filter).length === 0 ? ' yet' : ''}`}>
          Start one with <code>aet run review</code>, or <code>POST /v1/runs</code>.
        </Notice>
      )}
      {data !== undefined && data.runs.length > 0 && <RunTable runs={data.runs} />}
      {data !== undefined && <Pager filter={filter} next={data.next} />}
    </>
  );
}

/** The way back is this browser's: the place keeps the cursors of the pages before it, and an address that somebody else sent has none. */
function Pager({ filter, next }: { filter: RunFilter; next: string | undefined }) {
  const { cursor, ...first } = filter;
  if (cursor === undefined && next === undefined) return null;
  const trail = trailOf(history.state);
  const before = trail.at(-1);
  return (
    <nav className="pager" aria-label="Pages of the list">
      {cursor !== undefined && <Link to={placeOf(first)}>Newest</Link>}
      {before !== undefined && (
        <Link to={placeOf({ ...first, cursor: before })} state={{ trail: trail.slice(0, -1) }} rel="prev">
          Previous
        </Link>
      )}
      {next !== undefined && (
        <Link to={placeOf({ ...first, cursor: next })} state={{ trail: [...trail, cursor ?? ''] }} rel="next">
          Next
        </Link>
      )}
    </nav>
  );
}

function trailOf(state: unknown): string[] {
  const trail = (state as { trail?: unknown } | null)?.trail;
  return Array.isArray(trail) ? trail.filter((part) => typeof part === 'string') : [];
}
