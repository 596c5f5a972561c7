import type { CellConflictList, CellsView, CellView } from '@aet/contracts';
import { usePoll } from '../api/use-poll.js';
import { fullTime } from '../format/clock.js';
import { duration } from '../format/duration.js';
import { CardTable } from '../ui/card-table.js';
import { Badge } from '../ui/badge.js';
import { Notice } from '../ui/notice.js';
import { PageHead } from '../ui/page-head.js';
import { Link } from '../ui/router.js';
import { ShortId } from '../ui/short-id.js';

const CELLS_MS = 5000;

/** The cells that this one is joined with, how good its copies of their events are, and whose the open runs are. */
export function CellsPage() {
  const picture = usePoll<CellsView>('/v1/cells', CELLS_MS);
  const conflicts = usePoll<CellConflictList>('/v1/cells/conflicts', CELLS_MS);
  const { data } = picture;
  return (
    <>
      <PageHead title="Cells" tabs="fleet" here="/cells" picture={picture}>
        {data !== undefined && <span className="soft">as {data.cell} sees them</span>}
      </PageHead>
      {data?.cells.length === 0 && (
        <Notice title="This cell is joined with no other">Its runs are here, and nowhere else.</Notice>
      )}
      {data !== undefined && data.cells.length > 0 && <Joined cells={data.cells} />}
      {data !== undefined && data.owners.length > 0 && <Owners owners={data.owners} />}
      {(conflicts.data?.conflicts.length ?? 0) > 0 && <Conflicts list={conflicts.data?.conflicts ?? []} />}
    </>
  );
}

function Joined({ cells }: { cells: readonly CellView[] }) {
  return (
    <CardTable heads={['Cell', 'State', 'Its copy here']}>
      {cells.map(({ cell, alive, sign, copy, problem }) => (
        <tr key={cell}>
          <th scope="row">
            {cell}
            {!alive && (
              <p className="about">
                When it is lost for good: <code>aet cell adopt {cell}</code>
              </p>
            )}
          </th>
          <td data-label="State">
            <Badge tone={alive ? 'good' : 'bad'}>{alive ? 'alive' : 'no sign of life'}</Badge>
            {sign !== undefined && <small> {sign}</small>}
          </td>
          <td data-label="Its copy here">
            {problem !== undefined && <span className="problem">{problem}</span>}
            {copy !== undefined && (
              <>
                {copy.lag === 0 ? 'complete' : `${copy.lag.toLocaleString()} messages behind`}
                <small>
                  {' '}
                  up to {copy.last.toLocaleString()}
                  {copy.heardMs !== undefined && `, heard ${duration(copy.heardMs)} ago`}
                </small>
              </>
            )}
          </td>
        </tr>
      ))}
    </CardTable>
  );
}

function Owners({ owners }: { owners: CellsView['owners'] }) {
  return (
    <section aria-labelledby="owners">
      <header className="section-head">
        <h2 id="owners">Open runs by cell</h2>
      </header>
      <ul className="panel relations">
        {owners.map(({ cell, status, runs }) => (
          <li key={`${cell} ${status}`}>
            <span>{cell}</span>
            <Link to={`/runs?status=${status}`}>
              {runs.toLocaleString()} {status}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Conflicts({ list }: { list: CellConflictList['conflicts'] }) {
  return (
    <section aria-labelledby="conflicts">
      <header className="section-head">
        <h2 id="conflicts">Runs that went on in two cells</h2>
      </header>
      <ul className="panel relations">
        {list.map(({ runId, from, to, sequence, divergent, noticedAt }) => (
          <li key={`${runId} ${sequence}`}>
            <Link to={`/runs/${runId}`}>
              <ShortId id={runId} />
            </Link>
            <span>
              {to} has it since event {sequence}; {divergent === 1 ? '1 event' : `${divergent} events`} of {from}{' '}
              {divergent === 1 ? 'is' : 'are'} in that cell’s log only
            </span>
            <time className="soft" dateTime={noticedAt}>
              {fullTime(noticedAt)}
            </time>
          </li>
        ))}
      </ul>
    </section>
  );
}
