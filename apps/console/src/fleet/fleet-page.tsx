import type { AgentRoster, FleetView } from '@aet/contracts';
import { usePoll } from '../api/use-poll.js';
import { bytes } from '../format/bytes.js';
import { Freshness } from '../ui/freshness.js';
import { FailureNotice, Notice } from '../ui/notice.js';
import { Tabs } from '../ui/page-head.js';
import { Link } from '../ui/router.js';
import { AgentTable } from './agent-table.js';
import { CellTable } from './cell-table.js';
import { totalsOf } from './totals.js';

const FLEET_MS = 2000;
const AGENTS_MS = 10_000;

export function FleetPage() {
  const { data, at, failure } = usePoll<FleetView>('/v1/fleet', FLEET_MS);
  const agents = usePoll<AgentRoster>('/v1/agents', AGENTS_MS);
  return (
    <>
      <title>Fleet · AET</title>
      <Tabs of="fleet" here="/" />
      <header className="page-head">
        <h1>Fleet</h1>
        <Freshness at={at} problem={problemOf(data, failure?.message)} />
      </header>
      {data === undefined && failure !== undefined && <FailureNotice failure={failure} />}
      {data !== undefined && <Totals fleet={data} />}
      {data?.cells.length === 0 && (
        <Notice title="No instance holds a lease">
          Start the fleet with <code>npm start</code>.
        </Notice>
      )}
      {data?.cells.map((cell) => (
        <CellTable key={cell.cell} cell={cell} />
      ))}
      {agents.data !== undefined && <AgentTable roster={agents.data} />}
    </>
  );
}

/** What stands between the reader and the whole picture. */
function problemOf(fleet: FleetView | undefined, failure: string | undefined): string | undefined {
  if (failure !== undefined) return `Connection lost: ${failure}`;
  if (fleet === undefined) return undefined;
  if (!fleet.sources.hub.ok) return 'No hub answers: health and errors are missing';
  if (!fleet.sources.registry.ok) return 'The registry does not answer: loads may be old';
  return undefined;
}

function Totals({ fleet }: { fleet: FleetView }) {
  const totals = totalsOf(fleet);
  return (
    <dl className="totals">
      <div>
        <dt>Instances up</dt>
        <dd>
          {totals.up}
          <small> of {totals.instances}</small>
        </dd>
      </div>
      <div>
        <dt>Tasks in hand</dt>
        <dd>
          {totals.active}
          <small> of {totals.capacity} slots</small>
        </dd>
      </div>
      <div>
        <dt>Processor</dt>
        <dd>
          {totals.cpu.toFixed(2)}
          <small> cores</small>
        </dd>
      </div>
      <div>
        <dt>Memory</dt>
        <dd>{bytes(totals.rssBytes)}</dd>
      </div>
      <div>
        <dt>Errors, last hour</dt>
        <dd>{fleet.errors === undefined ? <small>unknown</small> : <Link to="/errors">{fleet.errors.lastHour}</Link>}</dd>
      </div>
    </dl>
  );
}
