import type { Correlation } from '@aet/telemetry';
import { BaseRpcContext } from '@nestjs/microservices';
import type { CallInHand } from './calls-in-hand.js';
import type { HeaderReader } from './incoming-headers.js';

/** What guards, interceptors and handlers see of a call, by `@Ctx()` or `switchToRpc().getContext()`. */
export class RpcCall extends BaseRpcContext<[string]> {
  readonly #headers: HeaderReader;
  /** @internal */
  readonly inHand: CallInHand;

  constructor(
    readonly subject: string,
    readonly correlation: Readonly<Correlation>,
    headers: HeaderReader,
    inHand: CallInHand,
  ) {
    super([subject]);
    this.#headers = headers;
    this.inHand = inHand;
  }

  header(name: string): string | undefined {
    const value = this.#headers.get(name);
    return value === '' ? undefined : value;
  }

  /** Unix milliseconds; the caller waits no longer. */
  get deadline(): number | undefined {
    return this.correlation.deadline;
  }

  /**
   * Aborted when nobody waits for the answer any more: the caller aborted or gave up (`Cancelled`), or the deadline passed (`DeadlinePassed`).
   * For handlers whose work is worth stopping; it costs nothing unless it is asked for.
   */
  get signal(): AbortSignal {
    return this.inHand.signal;
  }
}
