import type { DtoClass, ErrorBody } from '@aet/contracts';
import type { MessageHandler } from '@nestjs/microservices';
import { LoadShedder } from '../policies/load-shedder.js';
import { readPlain } from './read-plain.js';
import { readRequest } from './read-request.js';

/** What a handler was bound to, and where. */
export interface Binding {
  /** The method, or the pattern of a plain Nest handler. */
  name: string;
  /** One sentence for `$SRV.INFO`. */
  summary: string;
  /** What a request must be. Absent for a plain Nest handler, which has its own pipes. */
  request?: DtoClass<object>;
  subject: string;
  queue: string;
  handler: MessageHandler;
}

/** What a method did since the start, streams included when they ended. */
export interface MethodTraffic {
  requests: number;
  errors: number;
  /** From receipt to the sending of the reply, all requests together. */
  seconds: number;
}

/** One bound method of this instance, with its counts since the start. */
export class Endpoint {
  requests = 0;
  errors = 0;
  lastError = '';
  readonly shedder = new LoadShedder();
  private processingMs = 0;

  constructor(
    readonly binding: Binding,
    readonly spanName: string,
  ) {}

  /** What the handler gets. @throws {ValidationFailed} */
  read(payload: Uint8Array): unknown {
    const { request } = this.binding;
    return request === undefined ? readPlain(payload) : readRequest(payload, request);
  }

  /** @param elapsedMs from receipt to the sending of the reply */
  count(elapsedMs: number, error: ErrorBody | undefined): void {
    this.requests += 1;
    this.processingMs += elapsedMs;
    if (error === undefined) return;
    this.errors += 1;
    this.lastError = `${error.code}: ${error.message}`.slice(0, 500);
  }

  get traffic(): MethodTraffic {
    return { requests: this.requests, errors: this.errors, seconds: this.processingMs / 1_000 };
  }

  /** Whole nanoseconds, as the services protocol wants them. */
  get processingNs(): number {
    return Math.round(this.processingMs * 1e6);
  }

  get averageNs(): number {
    return this.requests === 0 ? 0 : Math.round(this.processingNs / this.requests);
  }
}
