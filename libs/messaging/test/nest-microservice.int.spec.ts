import { ServiceName, Slot } from '@aet/contracts';
import { type NatsConnection, headers } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
  ParseIntPipe,
  type RpcExceptionFilter,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { ClientProxy, ClientsModule, Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { IsInt } from 'class-validator';
import { type Observable, firstValueFrom, interval, lastValueFrom, map, of, take, throwError, timeout, toArray } from 'rxjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NatsClientProxy, type NatsLink, NatsRpcServer, RpcCall, connectNats } from '../src/index.js';
import { LeakCheck, NatsTestServer } from '../src/testing/index.js';

/** What a controller of any Nest application may use; nothing in it is of AET but the type of the context. */
class Sum {
  @IsInt({ each: true })
  terms!: number[];
}

class OnlyFriends implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToRpc().getContext<RpcCall>().header('X-Friend') === 'yes';
  }
}
class Twice implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler<number>): Observable<number> {
    return next.handle().pipe(map((value) => value * 2));
  }
}
@Catch(RangeError)
class Politely implements RpcExceptionFilter<RangeError> {
  catch(error: RangeError, _host: ArgumentsHost): Observable<never> {
    return throwError(() => ({ status: 'error', message: `sorry: ${error.message}` }));
  }
}
@Injectable({ scope: Scope.REQUEST })
class ForOneRequest {
  static made = 0;
  readonly number = ++ForOneRequest.made;
}

const heard: unknown[] = [];
const hooks: unknown[] = [];
let unsubscribed = 0;

@Controller()
class MathController {
  @UsePipes(new ValidationPipe({ exceptionFactory: (errors) => new RpcException(errors.map(String).join()) }))
  @MessagePattern('sum')
  sum(@Payload() { terms }: Sum): number {
    return terms.reduce((a, b) => a + b, 0);
  }

  @MessagePattern({ cmd: 'add', of: 'two' })
  add([a, b]: [number, number]): Promise<number> {
    return Promise.resolve(a + b);
  }

  @MessagePattern('math.square')
  square(@Payload('of', ParseIntPipe) of_: number): number {
    return of_ ** 2;
  }

  @UseInterceptors(Twice)
  @MessagePattern('doubled')
  doubled(value: number): Observable<number> {
    return of(value);
  }

  @UseGuards(OnlyFriends)
  @MessagePattern('guarded')
  guarded(): string {
    return 'come in';
  }

  @UseFilters(Politely)
  @MessagePattern('filtered')
  filtered(): never {
    throw new RangeError('too much');
  }

  @MessagePattern('failing')
  failing(): never {
    throw new Error('a secret of the handler');
  }

  @MessagePattern('counts')
  counts(to: number): Observable<number> {
    return interval(1).pipe(take(to));
  }

  @MessagePattern('endless')
  async *endless(): AsyncGenerator<number> {
    try {
      for (let at = 0; ; at++) yield await Promise.resolve(at);
    } finally {
      unsubscribed += 1;
    }
  }

  @MessagePattern('silent')
  silent(): void {}

  @EventPattern('happened')
  happened(@Payload() what: unknown, @Ctx() call: unknown): void {
    heard.push([what, (call as RpcCall).subject]);
  }
}

@Controller()
class OtherController {
  constructor(private readonly own: ForOneRequest) {}

  @EventPattern('happened')
  alsoHappened(what: unknown): void {
    heard.push(['also', what]);
  }

  @MessagePattern('scoped')
  scoped(): number {
    return this.own.number;
  }
}

let nats: NatsTestServer;
let links: NatsLink[];
let client: ClientProxy;
let plain: NatsConnection;
let stop: () => Promise<void>;

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

beforeAll(async () => {
  nats = await NatsTestServer.start({ jetstream: false });
  const linkTo = (user: string) => connectNats({ servers: [nats.url], user, name: user });
  const [serving, calling] = await Promise.all([linkTo('km'), linkTo('gateway')]);
  links = [serving, calling];
  const identity = {
    service: ServiceName.Km,
    instance: 'km-mmmmmmmm',
    version: '1.0.0',
    slot: Slot.Blue,
    cell: 'here',
    namespace: 'default',
  };
  const module = await Test.createTestingModule({
    controllers: [MathController, OtherController],
    providers: [ForOneRequest],
  }).compile();
  const strategy = new NatsRpcServer(serving, identity);
  strategy.setOnProcessingStartHook((transport, context, done) => {
    hooks.push(['start', transport, (context as RpcCall).subject]);
    void done();
  });
  strategy.setOnProcessingEndHook((_transport, context) => void hooks.push(['end', (context as RpcCall).subject]));
  const app = module.createNestMicroservice({ strategy, logger: false });
  await app.listen();
  const options = { link: calling, namespace: 'default', service: ServiceName.Km };
  const other = await Test.createTestingModule({
    imports: [ClientsModule.register([{ name: 'MATH', customClass: NatsClientProxy, options }])],
  }).compile();
  client = other.get<ClientProxy>('MATH');
  plain = await connect({ servers: nats.url });
  // Things fail on purpose here, and each module brings a logger.
  Logger.overrideLogger(false);
  stop = async () => {
    await other.close();
    await app.close();
  };
});
afterAll(async () => {
  await stop();
  await plain.close();
  await Promise.all(links.map((link) => link.close()));
  await nats[Symbol.asyncDispose]();
});
beforeEach(() => {
  heard.splice(0);
  hooks.splice(0);
});

const send = <T>(pattern: unknown, data: unknown): Promise<T> => firstValueFrom(client.send<T>(pattern, data));

describe('a plain Nest controller', () => {
  it('answers messages by text, by dotted text and by object', async () => {
    expect(await send('sum', { terms: [1, 2, 3] })).toBe(6);
    expect(await send({ of: 'two', cmd: 'add' }, [2, 3])).toBe(5);
    expect(await send('math.square', { of: '4' })).toBe(16);
  });

  it('is asked in plain JSON by anybody', async () => {
    expect((await plain.request('aet.default.rpc.km.sum', '{"terms":[4,5]}')).json()).toBe(9);
    expect((await plain.request('aet.default.rpc.km.sum.in.here', '{"terms":[1]}')).json()).toBe(1);
    expect((await plain.request('aet.default.rpc.km.sum.@km-mmmmmmmm', '{"terms":[2]}')).json()).toBe(2);
  });

  it('has its pipes, interceptors, guards and filters', async () => {
    await expect(send('sum', { terms: ['a'] })).rejects.toMatchObject({ message: expect.stringContaining('terms') });
    await expect(send('math.square', { of: 'x' })).rejects.toMatchObject({ message: expect.stringMatching(/numeric|Internal/) });
    expect(await send('doubled', 21)).toBe(42);
    await expect(send('guarded', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const friend = headers();
    friend.set('X-Friend', 'yes');
    expect((await plain.request('aet.default.rpc.km.guarded', '', { timeout: 5_000, headers: friend })).json()).toBe('come in');
    await expect(send('filtered', {})).rejects.toMatchObject({ message: 'sorry: too much' });
  });

  it('keeps the text of an unknown error to itself, as Nest does', async () => {
    await expect(send('failing', {})).rejects.toMatchObject({ code: 'INTERNAL', message: 'Internal server error' });
  });

  it('can be followed by instrumentation, whether it succeeds or fails', async () => {
    await send('doubled', 1);
    await expect(send('failing', {})).rejects.toThrow('Internal server error');
    const transport: unknown = expect.any(Symbol);
    expect(hooks).toEqual([
      ['start', transport, 'aet.default.rpc.km.doubled'],
      ['end', 'aet.default.rpc.km.doubled'],
      ['start', transport, 'aet.default.rpc.km.failing'],
      ['end', 'aet.default.rpc.km.failing'],
    ]);
  });

  it('may live for one request', async () => {
    const [one, two] = [await send<number>('scoped', {}), await send<number>('scoped', {})];
    expect(two).toBe(one + 1);
  });
});

describe("Nest's client", () => {
  it('gets all values of an Observable, and its end', async () => {
    expect(await lastValueFrom(client.send<number>('counts', 5).pipe(toArray()))).toEqual([0, 1, 2, 3, 4]);
    expect(await lastValueFrom(client.send<number>('silent', {}).pipe(toArray()))).toEqual([]);
  });

  it('stops the handler when it wants no more', async () => {
    expect(await lastValueFrom(client.send<number>('endless', {}).pipe(take(3), toArray()))).toEqual([0, 1, 2]);
    await expect.poll(() => unsubscribed).toBe(1);
  });

  it('tells events to every handler of the service', async () => {
    await lastValueFrom(client.emit('happened', { what: 'this' }), { defaultValue: undefined });
    await expect.poll(() => heard.length).toBe(2);
    expect(heard).toEqual(
      expect.arrayContaining([
        [{ what: 'this' }, 'aet.default.rpc.km.happened'],
        ['also', { what: 'this' }],
      ]),
    );
  });

  it('learns at once that nobody answers', async () => {
    await expect(lastValueFrom(client.send('absent', {}).pipe(timeout(20_000)))).rejects.toMatchObject({ code: 'NO_RESPONDERS' });
  });

  it.each(['a.*', 'a.>', 'a b', '_cancel', '@x', 'a..b', ''])('cannot call "%s"', async (pattern) => {
    await expect(send(pattern, {})).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
  });
});
