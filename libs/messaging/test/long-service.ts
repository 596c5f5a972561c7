import { setTimeout as sleep } from 'node:timers/promises';
import { Conflict, ServiceName, Slot, rpcMethod } from '@aet/contracts';
import { correlation } from '@aet/telemetry';
import { type CallHandler, Controller, type ExecutionContext, type NestInterceptor, UseInterceptors } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { IsInt, Min } from 'class-validator';
import { Observable, interval, map, of, range, take } from 'rxjs';
import { type NatsLink, NatsRpcServer, Rpc, RpcCall, RpcErrorFilter, type RpcServerOptions } from '../src/index.js';

class Count {
  @IsInt()
  @Min(0)
  to!: number;
}
class Nothing {}

const of_ = ServiceName.Km;
/** A service whose methods take long or answer often. */
export const Long = {
  work: rpcMethod<{ ended: string }>()(of_, 'work', Nothing, 'Works until it is told to stop.'),
  deaf: rpcMethod<{ done: boolean }>()(of_, 'deaf', Nothing, 'Works until released, whatever it is told.'),
  count: rpcMethod<{ at: number; correlationId?: string }>()(of_, 'count', Count, 'Counts.'),
  forever: rpcMethod<{ at: number }>()(of_, 'forever', Nothing, 'Counts without end.'),
  quiet: rpcMethod<{ at: number }>()(of_, 'quiet', Nothing, 'Says one thing, and no more until it is told to stop.'),
  breaks: rpcMethod<{ at: number }>()(of_, 'breaks', Count, 'Counts, and fails.'),
  observed: rpcMethod<{ at: number }>()(of_, 'observed', Count, 'Counts by an Observable.'),
  ticks: rpcMethod<{ at: number }>()(of_, 'ticks', Nothing, 'An Observable without end.'),
  flood: rpcMethod<{ at: number }>()(of_, 'flood', Count, 'An Observable that waits for nobody.'),
  wrapped: rpcMethod<{ at: number }>()(of_, 'wrapped', Count, 'Counts, inside an interceptor.'),
  single: rpcMethod<{ at: number }>()(of_, 'single', Nothing, 'Answers once.'),
} as const;

/** What the handlers did, over all servers of a test file. */
export const seen = {
  signals: [] as AbortSignal[],
  made: 0,
  ended: 0,
  subscribed: 0,
  release: (): void => undefined,
};

class AsItIs implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: unknown) => value));
  }
}

@Controller()
class LongController {
  @Rpc(Long.work)
  async work(_request: Nothing, @Ctx() call: RpcCall) {
    const { signal } = call;
    seen.signals.push(signal);
    const reason: unknown = await new Promise((resolve) =>
      signal.addEventListener('abort', () => resolve(signal.reason), { once: true }),
    );
    seen.ended += 1;
    return { ended: (reason as { code: string }).code };
  }

  @Rpc(Long.deaf)
  async deaf() {
    seen.made += 1;
    await new Promise<void>((resolve) => {
      seen.release = () => {
        resolve();
        return undefined;
      };
    });
    seen.ended += 1;
    return { done: true };
  }

  @Rpc(Long.count)
  async *count({ to }: Count) {
    for (let at = 1; at <= to; at++) {
      await Promise.resolve();
      seen.made = at;
      yield { at, correlationId: correlation.current()?.correlationId };
    }
  }

  @Rpc(Long.forever)
  async *forever() {
    try {
      for (let at = 1; ; at++) {
        await sleep(1);
        seen.made = at;
        yield { at };
      }
    } finally {
      seen.ended += 1;
    }
  }

  @Rpc(Long.quiet)
  async *quiet(_request: Nothing, @Ctx() call: RpcCall) {
    yield { at: 1 };
    await new Promise((resolve) => call.signal.addEventListener('abort', resolve, { once: true }));
    seen.ended += 1;
  }

  @Rpc(Long.breaks)
  async *breaks({ to }: Count) {
    for (let at = 1; at <= to; at++) yield { at };
    await Promise.resolve();
    throw new Conflict('somebody was first', { details: { revision: 7 } });
  }

  @Rpc(Long.observed)
  observed({ to }: Count) {
    return range(1, to).pipe(map((at) => ({ at })));
  }

  @Rpc(Long.ticks)
  ticks() {
    return new Observable((subscriber) => {
      seen.subscribed += 1;
      const ticks = interval(2).subscribe((at) => subscriber.next({ at }));
      return () => {
        seen.subscribed -= 1;
        ticks.unsubscribe();
      };
    });
  }

  @Rpc(Long.flood)
  flood({ to }: Count) {
    return range(1, to).pipe(map((at) => ({ at })));
  }

  @UseInterceptors(AsItIs)
  @Rpc(Long.wrapped)
  async *wrapped({ to }: Count) {
    for (let at = 1; at <= to; at++) yield await Promise.resolve({ at });
  }

  @Rpc(Long.single)
  single() {
    return of({ at: 1 }).pipe(take(1));
  }
}

export async function startLong(link: NatsLink, options: RpcServerOptions = {}): Promise<NatsRpcServer> {
  const module = await Test.createTestingModule({ controllers: [LongController] }).compile();
  const who = { service: of_, instance: 'km-llllllll', version: '1.2.3', slot: Slot.Blue, cell: 'here', namespace: 'default' };
  const server = new NatsRpcServer(link, who, options);
  const app = module.createNestMicroservice({ strategy: server, logger: false });
  app.useGlobalFilters(new RpcErrorFilter());
  await app.listen();
  return server;
}
