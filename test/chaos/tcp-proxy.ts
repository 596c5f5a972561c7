import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

type Mood = 'open' | 'cut' | 'silent';

/** A way to a server on this machine that can be cut, fall silent, or become slow. One for each process, so that only some are hit. */
export class TcpProxy implements AsyncDisposable {
  private readonly server: Server;
  private readonly target: number;
  private readonly sockets = new Set<Socket>();
  private mood: Mood = 'open';
  private delayMs = 0;

  private constructor(server: Server, target: number) {
    this.server = server;
    this.target = target;
    server.on('connection', (near) => this.join(near));
  }

  static async to(target: number): Promise<TcpProxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends every connection, and each new one at once. */
  cut(): void {
    this.mood = 'cut';
    this.endAll();
  }

  /** Nothing passes any more; connections stay open, and new ones are taken and never answered. */
  silence(): void {
    this.mood = 'silent';
  }

  /** Every byte of either direction comes so much later. Milliseconds. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  heal(): void {
    // Bytes were lost in the silence: what is left of those connections is of no use to anybody.
    if (this.mood === 'silent') this.endAll();
    this.mood = 'open';
    this.delayMs = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private endAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private join(near: Socket): void {
    if (this.mood === 'cut') {
      near.destroy();
      return;
    }
    const far = connect({ port: this.target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    this.pass(near, far);
    this.pass(far, near);
  }

  private pass(from: Socket, to: Socket): void {
    const line = new Line(from, to);
    this.sockets.add(from);
    from.on('data', (chunk: Buffer) => {
      if (this.mood !== 'silent') line.add(chunk, this.delayMs);
    });
    from.on('end', () => line.end(this.delayMs));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      if (!from.readableEnded) to.destroy();
    });
  }
}

/** One direction of a connection: what comes leaves in order, each piece at its time. */
class Line {
  private readonly from: Socket;
  private readonly to: Socket;
  private readonly waiting: { due: number; leave: () => void }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket) {
    this.from = from;
    this.to = to;
  }

  add(chunk: Buffer, delayMs: number): void {
    this.after(delayMs, () => this.write(chunk));
  }

  end(delayMs: number): void {
    this.after(delayMs, () => this.to.end());
  }

  private after(delayMs: number, leave: () => void): void {
    if (delayMs === 0 && this.waiting.length === 0) {
      leave();
      return;
    }
    this.waiting.push({ due: performance.now() + delayMs, leave });
    this.timer ??= setTimeout(() => this.go(), delayMs);
  }

  private go(): void {
    this.timer = undefined;
    while (this.waiting[0] !== undefined && this.waiting[0].due <= performance.now()) this.waiting.shift()?.leave();
    const [next] = this.waiting;
    if (next !== undefined) this.timer = setTimeout(() => this.go(), Math.max(1, next.due - performance.now()));
  }

  /** What the receiver cannot take yet holds up the sender. */
  private write(chunk: Buffer): void {
    if (this.to.destroyed || this.to.write(chunk)) return;
    this.from.pause();
    this.to.once('drain', () => this.from.resume());
  }
}
