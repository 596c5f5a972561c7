import type { Log } from '@aet/telemetry';
import { createServer, type Server } from 'node:http';

/** Answers probes while the service itself cannot start yet: alive, and not ready because of `problem`. */
export class WaitingRoom implements AsyncDisposable {
  private server: Server | undefined;

  constructor(
    private readonly address: { host: string; port: number },
    private readonly log: Log,
  ) {}

  open(problem: string): void {
    if (this.server !== undefined) return;
    this.server = createServer((request, response) => {
      const alive = request.url === '/health';
      response.writeHead(alive ? 200 : 503, {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        connection: 'close',
      });
      response.end(JSON.stringify(alive ? { status: 'alive' } : { ready: false, problems: { nats: problem } }));
    });
    // Nobody needs it to start: a port that is taken shows when the service itself listens.
    this.server.on('error', (error) => this.log.debug('no probes while waiting', { err: error }));
    this.server.listen(this.address.port, this.address.host);
    this.server.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (server?.listening === true) await new Promise((resolve) => server.close(resolve));
  }
}
