import type { Correlation } from '@aet/telemetry';
import type { MsgHdrs } from '@nats-io/nats-core';
import { BaseRpcContext } from '@nestjs/microservices';

/** What guards, interceptors and handlers see of a call, by `@Ctx()` or `switchToRpc().getContext()`. */
export class RpcCall extends BaseRpcContext<[string]> {
  readonly #headers: MsgHdrs | undefined;

  constructor(
    readonly subject: string,
    readonly correlation: Readonly<Correlation>,
    headers: MsgHdrs | undefined,
  ) {
    super([subject]);
    this.#headers = headers;
  }

  header(name: string): string | undefined {
    const value = this.#headers?.get(name);
    return value === '' ? undefined : value;
  }

  /** Unix milliseconds; the caller waits no longer. */
  get deadline(): number | undefined {
    return this.correlation.deadline;
  }
}
