import type { FleetCell, InstanceHealth } from '@aet/contracts';
import { bytes } from '../format/bytes.js';
import { fullTime } from '../format/clock.js';
import { age, duration } from '../format/duration.js';
import { Badge } from '../ui/badge.js';
import { Meter } from '../ui/meter.js';
import { INSTANCE_TONE } from '../ui/tones.js';
import { useNow } from '../ui/use-now.js';

export function CellTable({ cell }: { cell: FleetCell }) {
  const now = useNow();
  const id = `cell-${cell.cell}`;
  return (
    <section aria-labelledby={id}>
      <header className="section-head">
        <h2 id={id}>{cell.cell}</h2>
        <Badge tone={cell.reachable ? 'good' : 'bad'}>{cell.reachable ? 'reachable' : 'unreachable, last known picture'}</Badge>
        <span className="soft">
          {cell.instances.length} {cell.instances.length === 1 ? 'instance' : 'instances'}
        </span>
      </header>
      <div className="table-frame">
        <table className="cards">
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">State</th>
              <th scope="col">Host</th>
              <th scope="col">Version</th>
              <th scope="col">Work</th>
              <th scope="col" className="number">
                CPU
              </th>
              <th scope="col" className="number">
                Memory
              </th>
              <th scope="col" className="number">
                Up for
              </th>
            </tr>
          </thead>
          <tbody>
            {cell.instances.map((instance) => (
              <InstanceRow key={instance.record.instance} instance={instance} now={now} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function InstanceRow({ instance: { record, state, lastSeen, problems }, now }: { instance: InstanceHealth; now: number }) {
  const { load } = record;
  const lost = state === 'lost';
  return (
    <tr className={lost ? 'gone' : undefined}>
      <th scope="row">
        {record.service} <code className="id">{record.instance.slice(record.service.length + 1)}</code>
        {Object.entries(problems).map(([part, problem]) => (
          <p key={part} className="problem">
            {part}: {problem}
          </p>
        ))}
      </th>
      <td data-label="State">
        <Badge tone={INSTANCE_TONE[state]}>{state}</Badge>
      </td>
      <td data-label="Host">{record.host}</td>
      <td data-label="Version">
        {record.version} <span className={`slot ${record.slot}`}>{record.slot}</span>
      </td>
      <td data-label="Work">
        {load.capacity > 0 ? (
          <span className="work">
            <Meter value={load.active} of={load.capacity} label={`${load.active} of ${load.capacity} slots busy`} />
            {load.active}/{load.capacity}
          </span>
        ) : (
          <span className={load.active > 0 ? '' : 'soft'}>{load.active > 0 ? load.active : '–'}</span>
        )}
      </td>
      <td data-label="CPU" className="number">
        {lost ? '–' : `${Math.round(load.cpu * 100)} %`}
      </td>
      <td data-label="Memory" className="number">
        {lost ? '–' : bytes(load.rssBytes)}
      </td>
      <td data-label={lost ? 'Last seen' : 'Up for'} className="number" title={fullTime(lost ? lastSeen : record.startedAt)}>
        {lost ? age(now - Date.parse(lastSeen)) : duration(now - Date.parse(record.startedAt))}
      </td>
    </tr>
  );
}
