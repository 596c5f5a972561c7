import type { CapabilityView, Priority, QueueView } from '@aet/contracts';
import { ActButton } from '../act/act-button.js';
import { usePoll } from '../api/use-poll.js';
import { bytes } from '../format/bytes.js';
import { fullTime } from '../format/clock.js';
import { Badge } from '../ui/badge.js';
import { Meter } from '../ui/meter.js';
import { Notice } from '../ui/notice.js';
import { PageHead } from '../ui/page-head.js';
import { holdCapability, limitCapability } from './queue-acts.js';

const QUEUE_MS = 2000;
/** From the most to the least urgent. */
const PRIORITIES: readonly Priority[] = ['critical', 'high', 'normal', 'low'];
/** A stream that is fuller than this is soon going to refuse work. */
const FULL = 0.8;

export function QueuePage() {
  const picture = usePoll<QueueView>('/v1/queue', QUEUE_MS);
  const { data } = picture;
  return (
    <>
      <PageHead title="Queue" tabs="queue" here="/queue" picture={picture}>
        {data !== undefined && <span className="soft">cell {data.cell}</span>}
      </PageHead>
      {data?.capabilities.length === 0 && (
        <Notice title="Nothing waits">A capability stands here once a task of it was in the queue.</Notice>
      )}
      {data !== undefined && data.capabilities.length > 0 && <Capabilities views={data.capabilities} />}
      {data !== undefined && <Streams streams={data.streams} />}
    </>
  );
}

function Capabilities({ views }: { views: readonly CapabilityView[] }) {
  return (
    <div className="table-frame">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Capability</th>
            {PRIORITIES.map((priority) => (
              <th key={priority} scope="col" className="number">
                {priority}
              </th>
            ))}
            <th scope="col" className="number">
              In hand
            </th>
            <th scope="col">Rate</th>
            <th scope="col">
              <span className="unseen">What can be done</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {views.map((view) => (
            <CapabilityRow key={view.capability} view={view} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CapabilityRow({ view }: { view: CapabilityView }) {
  const { capability, waiting, inHand, redelivered, paused, rate } = view;
  return (
    <tr>
      <th scope="row">
        {capability}
        {paused !== undefined && (
          <p className="about" title={fullTime(paused.at)}>
            <Badge tone="warn">paused</Badge> by {paused.by}
            {paused.reason !== undefined && `: ${paused.reason}`}
          </p>
        )}
      </th>
      {PRIORITIES.map((priority) => (
        <td key={priority} data-label={`Waiting, ${priority}`} className={waiting[priority] === 0 ? 'number soft' : 'number'}>
          {waiting[priority].toLocaleString()}
        </td>
      ))}
      <td data-label="In hand" className="number">
        {inHand}
        {redelivered > 0 && <small> {redelivered} again</small>}
      </td>
      <td data-label="Rate">
        {rate === undefined ? <span className="soft">no limit</span> : `${rate.perSecond}/s, ${rate.burst} at once`}
        {rate?.from === 'operator' && <small> set by hand</small>}
      </td>
      <td className="acts-cell">
        <ActButton act={holdCapability(view)} label={`${paused === undefined ? 'Pause' : 'Resume'} ${capability}`} />
        <ActButton act={limitCapability(view)} label={`Rate of ${capability}`} />
      </td>
    </tr>
  );
}

function Streams({ streams }: { streams: QueueView['streams'] }) {
  return (
    <section aria-labelledby="streams">
      <header className="section-head">
        <h2 id="streams">Streams</h2>
        <span className="soft">one that is full refuses work</span>
      </header>
      <ul className="panel relations">
        {streams.map(({ stream, messages, bytes: held, maxBytes }) => (
          <li key={stream}>
            <code>{stream}</code>
            <Meter
              value={held}
              of={maxBytes}
              tone={held > maxBytes * FULL ? 'bad' : 'good'}
              label={`${bytes(held)} of ${bytes(maxBytes)}`}
            />
            <span>
              {messages.toLocaleString()} messages, {bytes(held)}
              {maxBytes > 0 && ` of ${bytes(maxBytes)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
