import type { ErrorBody, RpcMethod } from '@aet/contracts';
import type { MessageHandler } from '@nestjs/microservices';

/** One bound method of this instance, with its counts since the start. Times in nanoseconds of the monotonic clock. */
export class Endpoint {
  requests = 0;
  errors = 0;
  lastError = '';
  processingNs = 0;

  constructor(
    readonly method: RpcMethod,
    readonly subject: string,
    readonly queue: string,
    readonly handler: MessageHandler,
  ) {}

  /** @param elapsedMs from receipt to the sending of the reply */
  count(elapsedMs: number, error: ErrorBody | undefined): void {
    this.requests += 1;
    this.processingNs += Math.round(elapsedMs * 1e6);
    if (error === undefined) return;
    this.errors += 1;
    this.lastError = `${error.code}: ${error.message}`.slice(0, 500);
  }

  get spanName(): string {
    return `${this.method.service}.${this.method.method}`;
  }

  get averageNs(): number {
    return this.requests === 0 ? 0 : Math.round(this.processingNs / this.requests);
  }
}
