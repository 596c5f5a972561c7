import {
  Aggregate,
  cloudEvent,
  type ErrorBody,
  NotFound,
  OrchestratorRpc,
  type ReadRunEvents,
  type RunAccepted,
  type RunEventPage,
  type RunId,
  RunStreamEvent,
  type RunView,
  ServiceName,
  type SubmitRun,
  type TaskProgress,
} from '@aet/contracts';
import { ArtifactStore, EventBus, Rpc } from '@aet/messaging';
import { eventually, NatsTestServer } from '@aet/messaging/testing';
import type { PortSource } from '@aet/service-kit';
import { prepareCell, startService, type TestService } from '@aet/service-kit/testing';
import { Controller, Module } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayModule } from '../src/gateway.module.js';
import { ScriptedRun } from './double/scripted-run.js';
import { type SseFrame, sseFrames } from './double/sse-frames.js';

const TOKEN = 'token-of-the-tests';
const headers = { authorization: `Bearer ${TOKEN}` };
const RUN = '01890000-0000-7000-8000-000000000001';
const anyPort: PortSource = { allocate: () => Promise.resolve({ port: 0, token: 1 }), release: () => Promise.resolve() };

let run: ScriptedRun;
const submitted: SubmitRun[] = [];

/** Answers in place of the orchestrator, from a log that the test writes. */
@Controller()
class LogKeeper {
  @Rpc(OrchestratorRpc.submit)
  submit(request: SubmitRun): RunAccepted {
    submitted.push(request);
    return { runId: RUN, correlationId: RUN, cell: 'local', existing: false };
  }
  @Rpc(OrchestratorRpc.get)
  get({ runId }: RunId): RunView {
    if (runId !== RUN) throw new NotFound(`there is no run ${runId}`);
    return run.view();
  }
  @Rpc(OrchestratorRpc.events)
  events({ runId, after = 0, limit = 200 }: ReadRunEvents): RunEventPage {
    return { events: runId === RUN ? run.events.slice(after, after + limit) : [] };
  }
}
@Module({ controllers: [LogKeeper] })
class LogKeeperModule {}

describe('the gateway over a real NATS', () => {
  let nats: NatsTestServer;
  let dir: string;
  let keeper: TestService;
  let gateway: TestService;

  beforeAll(async () => {
    nats = await NatsTestServer.start();
    await prepareCell(nats.url);
    dir = mkdtempSync(join(tmpdir(), 'aet-gateway-'));
    writeFileSync(join(dir, 'hash'), createHash('sha256').update(TOKEN).digest('hex'));
    writeFileSync(join(dir, 'key'), 'k'.repeat(48), { mode: 0o600 });
    const files = { tokenHashFile: join(dir, 'hash'), sessionKeyFile: join(dir, 'key'), consoleDir: '' };
    const options = { nats: nats.url, config: { gateway: files } };
    keeper = await startService({ service: ServiceName.Orchestrator, module: LogKeeperModule, ports: () => anyPort }, options);
    gateway = await startService({ service: ServiceName.Gateway, module: GatewayModule, ports: () => anyPort }, options);
  });
  afterAll(async () => {
    await gateway.stop();
    await keeper.stop();
    await nats[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });
  beforeEach(() => {
    run = new ScriptedRun(RUN, 'local', new Date()).schedule('range');
    submitted.length = 0;
  });

  const tell = (): Promise<void> => {
    const event = run.events.at(-1)!;
    const fact = cloudEvent({
      id: `${RUN}:${event.sequence}`,
      namespace: 'default',
      cell: 'local',
      service: ServiceName.Orchestrator,
      type: event.type,
      subject: RUN,
      time: new Date(event.time),
      correlationId: RUN,
      data: event,
    });
    // Every test begins the log anew: its facts need ids of their own inside the server's window.
    return keeper.app.get(EventBus).publishFact(Aggregate.Run, RUN, fact, `${event.time}:${event.hash}:${Math.random()}`);
  };
  const say = (message: string): void => {
    const line: TaskProgress = {
      runId: RUN,
      step: 'range',
      attempt: 1,
      at: new Date().toISOString(),
      by: run.by('range'),
      kind: 'log',
      message,
    };
    keeper.app.get(EventBus).publishProgress(line);
  };
  const follow = async (): Promise<AsyncGenerator<SseFrame, void>> => {
    const response = await fetch(`${gateway.url}/v1/runs/${RUN}/events`, { headers });
    expect(response.status).toBe(200);
    return sseFrames(response);
  };

  it('submits, reads and refuses with the code of the service behind it', async () => {
    const accepted = await fetch(`${gateway.url}/v1/runs`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ workflow: 'review', inputs: { repo: '.' } }),
    });
    expect([accepted.status, await accepted.json()]).toEqual([202, expect.objectContaining({ runId: RUN })]);
    expect(submitted).toEqual([{ workflow: 'review', inputs: { repo: '.' }, submittedBy: 'api' }]);
    const unknown = await fetch(`${gateway.url}/v1/runs/${RUN.replace('1890', '1999')}`, { headers });
    expect([unknown.status, ((await unknown.json()) as ErrorBody).code]).toEqual([404, 'NOT_FOUND']);
    const absent = await fetch(`${gateway.url}/v1/errors`, { headers });
    expect([absent.status, ((await absent.json()) as ErrorBody).code]).toEqual([503, 'NO_RESPONDERS']);
  });

  it('hands on facts and progress as they happen, each event once', async () => {
    const seen: string[] = [];
    for await (const frame of await follow()) {
      seen.push(frame.id ?? frame.event);
      if (frame.id === '2') say('reading');
      if (frame.event === RunStreamEvent.Progress) {
        run.complete('range').finish({});
        await tell();
        await tell();
      }
    }
    expect(seen).toEqual(['1', '2', 'progress', '3', '4', 'end']);
  });

  it('goes on after the NATS server was killed, without a gap', { timeout: 60_000 }, async () => {
    const seen: string[] = [];
    for await (const frame of await follow()) {
      if (frame.event !== RunStreamEvent.Trouble && frame.event !== RunStreamEvent.Progress) seen.push(frame.id ?? frame.event);
      if (frame.id !== '2') continue;
      await nats.kill();
      run.complete('range').finish({});
      await nats.restart();
    }
    expect(seen).toEqual(['1', '2', '3', '4', 'end']);
    await eventually(async () => (await fetch(`${gateway.url}/ready`)).ok, 'the gateway is ready again');
  });

  it('serves an artifact as it was stored', async () => {
    await keeper.app.get(ArtifactStore).put(RUN, 'review.md', Buffer.from('# Review'), 'text/markdown');
    const reply = await fetch(`${gateway.url}/v1/runs/${RUN}/artifacts/review.md`, { headers });
    expect([reply.status, await reply.text()]).toEqual([200, '# Review']);
    const list = (await (await fetch(`${gateway.url}/v1/runs/${RUN}/artifacts`, { headers })).json()) as { artifacts: object[] };
    expect(list.artifacts).toHaveLength(1);
  });

  it('answers probes without a token, and keeps probes apart from the API', async () => {
    const statuses = await Promise.all(
      ['health', 'ready', 'metrics'].map(async (p) => (await fetch(`${gateway.url}/${p}`)).status),
    );
    expect(statuses).toEqual([200, 200, 200]);
    expect((await fetch(`${gateway.url}/v1/runs`)).status).toBe(401);
  });

  it('ends open streams when it drains, and quickly', async () => {
    const frames = await follow();
    await frames.next();
    const begun = performance.now();
    const stopped = gateway.stop();
    for await (const _ of frames) continue;
    await stopped;
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});
