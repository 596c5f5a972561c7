import type { RpcMethod } from '@aet/contracts';
import type { DeclaredPolicies } from '@aet/resilience';
import { type CallOptions, RpcClient, type StreamOptions } from '../rpc-client.js';
import { guardedStream } from './guarded-stream.js';
import { type CallWorld, PolicedCall } from './policed-call.js';
import type { BreakerListener, TargetStatus } from './target.js';
import { Targets } from './targets.js';

export interface PolicyOptions {
  policies: DeclaredPolicies;
  /** Longest time of a call that names none. Milliseconds. */
  timeoutMs: number;
  /** Called after each change of a breaker. */
  onBreaker?: BreakerListener;
  /** Milliseconds of a monotonic clock. */
  now?: () => number;
  /** Gives numbers in `[0, 1)`. */
  random?: () => number;
}

const NO_OPTIONS: CallOptions = {};

/**
 * Another client with policies around it, declared by target. Each method, and each method in a named cell, keeps a state of its own: a defect in
 * one does not close the way to the others. A call of a named instance goes through as it is: whoever names an instance wants that one, and
 * what it says.
 */
export class PolicyRpcClient extends RpcClient {
  private readonly targets: Targets;
  private readonly world: CallWorld;

  constructor(next: RpcClient, options: PolicyOptions) {
    super();
    const { now = () => performance.now(), random = Math.random, timeoutMs } = options;
    this.world = { next, timeoutMs, now, random };
    this.targets = new Targets(options.policies, now, options.onBreaker ?? (() => undefined));
  }

  call<Req extends object, Res>(method: RpcMethod<Req, Res>, request: Req, options = NO_OPTIONS): Promise<Res> {
    const target = options.instance === undefined ? this.targets.of(method, options.cell) : undefined;
    if (target === undefined) return this.world.next.call(method, request, options);
    return new PolicedCall(this.world, target, method, request, options).run();
  }

  override async *stream<Req extends object, Res>(
    method: RpcMethod<Req, Res>,
    request: Req,
    options: StreamOptions = NO_OPTIONS,
  ): AsyncGenerator<Res, undefined, undefined> {
    const { next, now } = this.world;
    const target = options.instance === undefined ? this.targets.of(method, options.cell) : undefined;
    const open = (): AsyncIterable<Res> => next.stream(method, request, options);
    yield* target === undefined ? open() : guardedStream(target, now, open);
  }

  /** Every target that was called, by name. */
  status(): TargetStatus[] {
    const now = this.world.now();
    return this.targets
      .all()
      .map((target) => target.status(now))
      .toSorted((a, b) => a.target.localeCompare(b.target));
  }

  /** Targets that fail and have not answered since, as long as somebody asks for them. */
  openBreakers(): string[] {
    const now = this.world.now();
    const resting = this.targets.all().filter((target) => target.isResting(now));
    return resting.map(({ name }) => name).toSorted();
  }
}
