import type { NatsConnectionImpl } from '@nats-io/nats-core/internal';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { eventually } from './eventually.js';

/** What keeps a process alive and is somebody's to close. Source: `process.getActiveResourcesInfo`. */
const WATCHED: ReadonlySet<string> = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'PipeWrap',
  'ProcessWrap',
  'Timeout',
  'UDPWrap',
  'FSEventWrap',
]);

/**
 * Fails a test file that leaves sockets, timers or processes behind. First in the file, so that its end comes last:
 * `const leaks = new LeakCheck(); beforeAll(() => leaks.begin()); afterAll(() => leaks.end());`
 */
export class LeakCheck {
  private before: ReadonlyMap<string, number> = new Map();

  begin(): void {
    this.before = activeResources();
  }

  /** What closes in its own time gets that time. @throws when more is open than at the beginning, with what it is. */
  async end(withinMs = 10_000): Promise<void> {
    let left = this.left();
    const closed = (): boolean => {
      left = this.left();
      return left.length === 0;
    };
    await eventually(closed, 'everything that the test opened is closed', withinMs).catch(() => {
      throw new Error(`left behind by this test file: ${left.join(', ')}`);
    });
  }

  private left(): string[] {
    return [...activeResources()].flatMap(([kind, count]) => {
      const more = count - (this.before.get(kind) ?? 0);
      return more > 0 ? [`${more} × ${kind}`] : [];
    });
  }
}

function activeResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) if (WATCHED.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Open subscriptions of a link. The NATS client counts them, and shows the count only inside. */
export const subscriptionCount = (link: NatsLink): number =>
  (connectionOf(link) as NatsConnectionImpl).protocol.subscriptions.size();
