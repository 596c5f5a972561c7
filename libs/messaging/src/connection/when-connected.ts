import { Cancelled, Unavailable } from '@aet/contracts';
import type { LinkStatus, NatsLink } from './nats-link.js';

/**
 * Resolves at once on a live link, else when it is back. What is sent while a link reconnects may be dropped, so senders wait here.
 * @param what is being done, for the error
 * @throws {Unavailable} closed, or not back in time; {Cancelled} by the signal.
 */
export function whenConnected(link: NatsLink, timeoutMs: number, signal: AbortSignal | undefined, what: string): Promise<void> {
  if (link.status === 'connected') return Promise.resolve();
  if (link.status === 'closed') return Promise.reject(closed(what));
  return new Promise((resolve, reject) => {
    const end = (error?: Error): void => {
      clearTimeout(timer);
      stop();
      signal?.removeEventListener('abort', abort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const abort = (): void => end(new Cancelled(`${what} was cancelled while the connection to NATS was down`));
    const stop = link.onStatus((status: LinkStatus) => {
      if (status === 'connected') end();
      else if (status === 'closed') end(closed(what));
    });
    const timer = setTimeout(
      () => end(new Unavailable(`NATS was not reachable within ${Math.round(timeoutMs)} ms for ${what}`)),
      timeoutMs,
    );
    signal?.addEventListener('abort', abort, { once: true });
  });
}

const closed = (what: string): Unavailable =>
  new Unavailable(`the connection to NATS is closed: ${what} is not possible any more`);
