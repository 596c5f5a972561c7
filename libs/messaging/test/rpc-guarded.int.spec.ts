import { ServiceName, inboxPrefix } from '@aet/contracts';
import { PermissionViolationError } from '@nats-io/nats-core';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NatsRpcClient, type NatsLink, type NatsRpcServer } from '../src/index.js';
import { connectionOf } from '../src/connection/nats-link.js';
import { LeakCheck } from '../src/testing/index.js';
import { GuardedCell } from './guarded-cell.js';
import { Long, seen, startLong } from './long-service.js';
import { serverBinaries } from './server-binaries.js';

// Things fail on purpose here.
Logger.overrideLogger(false);

describe.each(await serverBinaries())('calls under the real permissions, on nats-server $version', ({ path }) => {
  const leaks = new LeakCheck();
  let cell: GuardedCell;
  let km: NatsLink;
  let server: NatsRpcServer;
  let client: NatsRpcClient;

  beforeAll(async () => {
    leaks.begin();
    cell = await GuardedCell.start(path);
    km = await cell.as(ServiceName.Km);
    server = await startLong(km, { heartbeatMs: 100 });
    client = new NatsRpcClient(await cell.as(ServiceName.Gateway), { namespace: 'default', defaultTimeoutMs: 30_000 });
  });
  afterAll(async () => {
    await cell[Symbol.asyncDispose]();
    await leaks.end();
  });
  beforeEach(() => Object.assign(seen, { signals: [], made: 0, ended: 0 }));

  it('are answered, each by its own address', async () => {
    const [any, here, one] = [{}, { cell: 'here' }, { instance: 'km-llllllll' }];
    for (const options of [any, here, one]) expect(await client.call(Long.single, {}, options)).toEqual({ at: 1 });
  });

  it('are cancelled', async () => {
    const controller = new AbortController();
    const call = client.call(Long.work, {}, { signal: controller.signal }).catch((error: { code: string }) => error.code);
    await expect.poll(() => seen.signals.length).toBe(1);
    controller.abort();
    expect(await call).toBe('CANCELLED');
    await expect.poll(() => seen.ended).toBe(1);
  });

  it('are answered by streams, with credit granted on the way and a reader that leaves', async () => {
    let read = 0;
    for await (const { at } of client.stream(Long.count, { to: 500 }, { window: 8 })) read = at;
    expect(read).toBe(500);
    for await (const _item of client.stream(Long.forever, {})) break;
    await expect.poll(() => seen.ended).toBe(1);
    await expect.poll(() => server.active).toBe(0);
  });

  it('let a responder publish into the inboxes of calls, and into no other inbox of a user', async () => {
    const refused: string[] = [];
    const connection = connectionOf(km);
    const watching = (async () => {
      for await (const event of connection.status())
        if (event.type === 'error' && event.error instanceof PermissionViolationError) refused.push(event.error.subject);
    })();
    const gateway = inboxPrefix(ServiceName.Gateway);
    connection.publish(`${gateway}.rpc.x.y`, '{}');
    connection.publish(`${gateway}.x`, '{}');
    connection.publish(`${gateway}.x.rpc.y`, '{}');
    await connection.flush();
    await expect.poll(() => refused).toEqual([`${gateway}.x`, `${gateway}.x.rpc.y`]);
    void watching;
  });
});
