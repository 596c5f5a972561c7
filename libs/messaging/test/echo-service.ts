import { Conflict, ServiceName, Slot, rpcMethod } from '@aet/contracts';
import { correlation } from '@aet/telemetry';
import {
  CanActivate,
  Catch,
  Controller,
  type ExecutionContext,
  type RpcExceptionFilter,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, MaxLength, Min, ValidateNested } from 'class-validator';
import { type Observable, throwError } from 'rxjs';
import { NatsRpcServer, Rpc, RpcCall, RpcErrorFilter, type NatsLink, type RpcServerIdentity } from '../src/index.js';

export class Detail {
  @IsInt()
  @Min(1)
  amount!: number;
}
class Say {
  @IsString()
  @MaxLength(100_000)
  text!: string;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => Detail)
  details?: Detail[];
}
class Wait {
  @IsInt()
  @Min(0)
  ms!: number;
}
class Nothing {}

const of = ServiceName.Km;
/** A service with one method for each behaviour that a test needs. */
export const Echo = {
  say: rpcMethod<{ text: string; isSay: boolean; by: string }>()(of, 'say', Say, 'Says it again.'),
  wait: rpcMethod<{ waited: number }>()(of, 'wait', Wait, 'Answers after a while.'),
  context: rpcMethod<{ correlationId?: string; traceparent?: string; deadline?: number; header?: string; subject: string }>()(
    of,
    'context',
    Nothing,
    'Tells what came with the request.',
  ),
  conflict: rpcMethod<never>()(of, 'conflict', Nothing, 'Fails with an error of ours.'),
  crash: rpcMethod<never>()(of, 'crash', Nothing, 'Fails with an error of nobody.'),
  guarded: rpcMethod<{ passed: boolean }>()(of, 'guarded', Say, 'Lets only the word in.'),
  filtered: rpcMethod<never>()(of, 'filtered', Nothing, 'Fails, and a filter changes the error.'),
  nothing: rpcMethod<undefined>()(of, 'nothing', Nothing, 'Answers nothing.'),
  large: rpcMethod<string>()(of, 'large', Wait, 'Answers so many bytes.'),
} as const;

class OnlyTheWord implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToRpc().getData<Say>().text === 'friend';
  }
}

@Catch(Conflict)
class Politely implements RpcExceptionFilter<Conflict> {
  catch(error: Conflict): Observable<never> {
    return throwError(() => new Conflict(`sorry: ${error.message}`));
  }
}

/** How many handlers began, and how long they took by their own clock, over all servers of a test file. */
export const begun = { waits: 0, waitedMs: 0 };

@Controller()
class EchoController {
  instance = '';

  @Rpc(Echo.say)
  say(request: Say) {
    return { text: request.text, isSay: request instanceof Say, by: this.instance };
  }

  @Rpc(Echo.wait)
  async wait(request: Wait) {
    begun.waits += 1;
    const from = performance.now();
    await new Promise((resolve) => setTimeout(resolve, request.ms));
    begun.waitedMs += performance.now() - from;
    return { waited: request.ms };
  }

  @Rpc(Echo.context)
  async context(_request: Nothing, @Ctx() call: RpcCall) {
    await Promise.resolve();
    return { ...correlation.current(), header: call?.header('X-Test'), subject: call?.subject };
  }

  @Rpc(Echo.conflict)
  conflict(): never {
    throw new Conflict('somebody was first', { details: { revision: 7 } });
  }

  @Rpc(Echo.crash)
  crash(): never {
    throw new TypeError('undefined is not a function');
  }

  @UseGuards(OnlyTheWord)
  @Rpc(Echo.guarded)
  guarded() {
    return { passed: true };
  }

  @UseFilters(Politely)
  @Rpc(Echo.filtered)
  filtered(): never {
    throw new Conflict('somebody was first');
  }

  @Rpc(Echo.nothing)
  nothing(): void {}

  @Rpc(Echo.large)
  large(request: Wait) {
    return 'x'.repeat(request.ms);
  }
}

export const identity = (instance = 'km-aaaaaaaa', cell = 'here'): RpcServerIdentity => ({
  service: ServiceName.Km,
  instance,
  version: '1.2.3',
  slot: Slot.Blue,
  cell,
  namespace: 'default',
  metadata: { host: 'mainpc' },
});

/** The echo service on a link of its own, listening. */
export async function startEcho(link: NatsLink, who = identity()): Promise<NatsRpcServer> {
  const module = await Test.createTestingModule({ controllers: [EchoController] }).compile();
  const server = new NatsRpcServer(link, who);
  const app = module.createNestMicroservice({ strategy: server, logger: false });
  app.useGlobalFilters(new RpcErrorFilter());
  await app.listen();
  app.get(EchoController).instance = who.instance;
  return server;
}
