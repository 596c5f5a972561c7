import { type PayloadRef, RunStreamEvent, type Violation } from '@aet/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FleetDouble } from './double/fleet-double.js';
import { GatewayUnderTest, TOKEN } from './double/gateway-under-test.js';
import { ScriptedRun } from './double/scripted-run.js';
import { sseFrames } from './double/sse-frames.js';

interface Operation {
  responses: Record<string, { content: Record<string, { schema?: { $ref?: string } }> }>;
}

const formats = (ajvFormats.default ?? ajvFormats) as unknown as (ajv: Ajv2020) => Ajv2020;
const RUN = '01890000-0000-7000-8000-000000000001';
const bearer = { authorization: `Bearer ${TOKEN}` };

let fleet: FleetDouble;
let gateway: GatewayUnderTest;
let consoleDir: string;
beforeEach(async () => {
  consoleDir = mkdtempSync(join(tmpdir(), 'aet-console-'));
  mkdirSync(join(consoleDir, 'assets'));
  writeFileSync(join(consoleDir, 'index.html'), '<!doctype html><title>AET</title>');
  writeFileSync(join(consoleDir, 'assets', 'index-Ab12Cd34.js'), `export const x = '${'x'.repeat(4000)}';`);
  fleet = new FleetDouble();
  fleet.add(new ScriptedRun(RUN, 'mainpc', new Date('2026-01-01T00:00:00.000Z'))).schedule('range');
  gateway = await GatewayUnderTest.start(fleet, consoleDir);
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  rmSync(consoleDir, { recursive: true });
});
const get = (url: string, headers: Record<string, string> = bearer) => gateway.app.inject({ method: 'GET', url, headers });

describe('runs over HTTP', () => {
  it('accepts a run with 202 and hands every field on', async () => {
    const payload = { workflow: 'review', inputs: { repo: '.', depth: { n: 1 } }, priority: 'high', idempotencyKey: 'k' };
    const reply = await gateway.app.inject({ method: 'POST', url: '/v1/runs', headers: bearer, payload });
    expect(reply.statusCode).toBe(202);
    expect(reply.json()).toMatchObject({ runId: RUN, existing: false });
    expect(fleet.submitted).toEqual([{ ...payload, submittedBy: 'api' }]);
  });

  it('puts large inputs aside, refers to them, and serves what lies there', async () => {
    const payload = { workflow: 'review', inputs: { text: 'x'.repeat(600_000), n: 1 } };
    const before = fleet.submitted.length;
    await gateway.app.inject({ method: 'POST', url: '/v1/runs', headers: bearer, payload });
    const [run] = fleet.submitted.slice(before);
    expect(run).toMatchObject({ inputs: { text: { $payload: { bytes: 600_002, cell: 'c1' } }, n: 1 } });
    const ref = run?.inputs?.['text'] as PayloadRef;
    const { sha256 } = ref.$payload;
    const reply = await get(`/v1/runs/${RUN}/payloads/${sha256}`);
    expect([reply.json(), reply.headers['content-type']]).toEqual([payload.inputs.text, 'application/json; charset=utf-8']);
    expect((await get(`/v1/runs/${RUN}/payloads/${'0'.repeat(64)}`)).statusCode).toBe(404);
    expect((await get(`/v1/runs/${RUN}/payloads/..%2f`)).statusCode).toBe(400);
  });

  it.each([
    [{ workflow: 7 }, 'workflow'],
    [{ workflow: 'review', priority: 'urgent' }, 'priority'],
    [{ workflow: 'review', surprise: 1 }, 'surprise'],
  ])('refuses the body %j and names the field', async (payload, path) => {
    const reply = await gateway.app.inject({ method: 'POST', url: '/v1/runs', headers: bearer, payload });
    expect(reply.statusCode).toBe(400);
    expect(reply.json().code).toBe('VALIDATION_FAILED');
    expect(new Set(reply.json().details.violations.map((v: Violation) => v.path))).toEqual(new Set([path]));
    expect(fleet.submitted).toEqual([]);
  });

  it('answers in ErrorBody whoever refuses', async () => {
    const broken = await gateway.app.inject({
      method: 'POST',
      url: '/v1/runs',
      headers: { ...bearer, 'content-type': 'application/json' },
      payload: '{"workflow":',
    });
    const answers = [
      broken,
      await get('/v1/nowhere'),
      await get('/v1/runs/not-a-run'),
      await get(`/v1/runs/${RUN.replace('1890', '1999')}`),
    ];
    expect(answers.map((a) => [a.statusCode, a.json().code])).toEqual([
      [400, 'VALIDATION_FAILED'],
      [404, 'NOT_FOUND'],
      [400, 'VALIDATION_FAILED'],
      [404, 'NOT_FOUND'],
    ]);
    for (const answer of answers)
      expect(Object.keys(answer.json())).toEqual(expect.arrayContaining(['code', 'message', 'retryable']));
  });

  it('turns texts of the query into numbers and passes filters and cursor on', async () => {
    const reply = await get('/v1/runs?status=running&limit=5&workflow=review&cursor=0');
    expect(reply.json().runs).toHaveLength(1);
    expect(fleet.calls.at(-1)?.request).toEqual({ status: 'running', limit: 5, workflow: 'review', cursor: '0' });
    expect((await get('/v1/runs?limit=many')).statusCode).toBe(400);
  });

  it('says 503 and when to come back while the orchestrator is down', async () => {
    fleet.down.add('orchestrator');
    const reply = await get('/v1/runs');
    expect([reply.statusCode, reply.headers['retry-after'], reply.json().retryable]).toEqual([503, '1', true]);
  });

  it('serves artifacts as text that cannot run, with their digest as ETag', async () => {
    await fleet.artifacts.put(RUN, 'report.md', Buffer.from('# Report'), 'text/markdown');
    await fleet.artifacts.put(RUN, 'page.html', Buffer.from('<script>1</script>'), 'text/html');
    expect((await get(`/v1/runs/${RUN}/artifacts`)).json().artifacts).toHaveLength(2);
    const report = await get(`/v1/runs/${RUN}/artifacts/report.md`);
    expect([report.body, report.headers['content-type']]).toEqual(['# Report', 'text/markdown; charset=utf-8']);
    const again = await get(`/v1/runs/${RUN}/artifacts/report.md`, { ...bearer, 'if-none-match': String(report.headers.etag) });
    expect(again.statusCode).toBe(304);
    const page = await get(`/v1/runs/${RUN}/artifacts/page.html`);
    expect(page.headers['content-type']).toBe('application/octet-stream');
    expect(page.headers['content-disposition']).toContain('attachment');
    expect((await get(`/v1/runs/${RUN}/artifacts/none.md`)).statusCode).toBe(404);
  });
});

describe('the fleet over HTTP', () => {
  it('is shown from either source alone, and refused when both are down', async () => {
    fleet.down.add('observability-hub');
    expect((await get('/v1/fleet')).json()).toMatchObject({ sources: { hub: { ok: false }, registry: { ok: true } } });
    fleet.down.add('service-registry');
    expect((await get('/v1/fleet')).statusCode).toBe(503);
    fleet.down.delete('observability-hub');
    expect((await get('/v1/fleet')).json().cells).toHaveLength(2);
  });

  it('asks every agent host by its instance, and names those that are silent', async () => {
    expect((await get('/v1/agents')).json().hosts).toHaveLength(3);
    fleet.down.add('agent.list');
    expect((await get('/v1/agents')).json()).toMatchObject({ hosts: [], silent: [{}, {}, {}] });
  });

  it.each(['/v1/ports', '/v1/errors?limit=5', `/v1/timelines/${RUN}`, '/v1/workflows', '/v1/knowledge/search?project=p&q=retry'])(
    'answers %s',
    async (url) => {
      expect((await get(url)).statusCode).toBe(200);
    },
  );
});

describe('the queue over HTTP', () => {
  const send = (method: 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) =>
    gateway.app.inject({ method, url, headers: bearer, ...(payload === undefined ? {} : { payload }) });
  const told = () => fleet.calls.map(({ method, request }) => [method, request]);

  it('tells the orchestrator what the operator said, and who it was', async () => {
    const replies = [
      await send('POST', '/v1/queue/test-runner/pause', { reason: 'the disk is full' }),
      await send('POST', '/v1/queue/test-runner/resume', {}),
      await send('PUT', '/v1/queue/test-runner/rate', { perSecond: 5, burst: 10, by: 'anna' }),
      await send('PUT', '/v1/queue/test-runner/rate', { rule: 'unlimited' }),
      await send('POST', '/v1/dlq/17/retry', {}),
      await send('DELETE', '/v1/dlq/17?reason=not%20needed'),
    ];
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(replies[0]?.json().paused).toMatchObject({ by: 'api', reason: 'the disk is full' });
    const capability = 'test-runner';
    expect(told()).toEqual([
      ['orchestrator.queue-pause', { capability, by: 'api', reason: 'the disk is full' }],
      ['orchestrator.queue-resume', { capability, by: 'api' }],
      ['orchestrator.queue-rate', { capability, by: 'anna', perSecond: 5, burst: 10 }],
      ['orchestrator.queue-rate', { capability, by: 'api', rule: 'unlimited' }],
      ['orchestrator.dlq-retry', { sequence: 17, by: 'api' }],
      ['orchestrator.dlq-drop', { sequence: 17, by: 'api', reason: 'not needed' }],
    ]);
  });

  it.each([
    ['POST', '/v1/queue/a.b/pause', {}, 'capability'],
    ['PUT', '/v1/queue/a/rate', { perSecond: 0 }, 'perSecond'],
    ['POST', '/v1/dlq/none/retry', {}, 'sequence'],
    ['DELETE', '/v1/dlq/17', undefined, 'reason'],
  ] as const)('refuses %s %s with %j and names the field', async (method, url, payload, path) => {
    const reply = await send(method, url, payload);
    expect(reply.statusCode).toBe(400);
    expect(new Set(reply.json().details.violations.map((v: Violation) => v.path))).toEqual(new Set([path]));
    expect(fleet.calls).toEqual([]);
  });
});

describe('the described API', () => {
  it('is what the gateway answers, field by field', async () => {
    const described = (await get('/openapi.json', {})).json();
    const ajv = formats(new Ajv2020({ strict: false, schemas: [{ ...described, $id: 'api' }] }));
    await fleet.artifacts.put(RUN, 'report.md', Buffer.from('# Report'), 'text/markdown');
    fleet.runs.get(RUN)!.complete('range').schedule('tests').fail('tests', 'no', true).giveUp('tests', 'no');
    const asked: string[] = [];
    for (const [path, { get: operation }] of Object.entries<{ get?: Operation }>(described.paths)) {
      const schema = operation?.responses['200']?.content['application/json']?.schema;
      if (schema?.$ref === undefined) continue;
      const url = `${path
        .replaceAll(/\{(runId|id|other|prefix)\}/g, RUN)
        .replace('{sequence}', '17')
        .replace('{key}', 'a'.repeat(64))
        .replace('{segment}', '20261121T120000-0123abcd')}${path.endsWith('/search') ? '?project=p&q=x' : ''}`;
      const validate = ajv.compile({ $ref: `api${schema.$ref}` });
      expect([url, validate((await get(url)).json()), validate.errors]).toEqual([url, true, null]);
      asked.push(path);
    }
    expect(asked.length).toBeGreaterThan(20);
    expect(ajv.validate({ $ref: 'api#/components/schemas/Error' }, (await get('/v1/nowhere')).json())).toBe(true);
    expect(ajv.validate({ $ref: 'api#/components/schemas/RunView' }, { runId: RUN })).toBe(false);
  });
});

describe('who may come in', () => {
  it('needs a proof for everything under /v1, and for nothing that browsers need before they have one', async () => {
    const paths = [
      '/v1/runs',
      `/v1/runs/${RUN}`,
      `/v1/runs/${RUN}/events`,
      '/v1/fleet',
      '/%761/fleet',
      '/v1/errors',
      '/v1/agents',
    ];
    for (const path of paths) {
      const reply = await get(path, {});
      expect([path, reply.statusCode]).toEqual([path, 401]);
    }
    expect((await get('/v1/fleet', {})).headers['www-authenticate']).toContain('Bearer');
    expect((await get('/console/', {})).statusCode).toBe(200);
    expect((await get('/openapi.json', {})).statusCode).toBe(200);
    expect(fleet.calls).toEqual([]);
  });

  const link = async (): Promise<URL> => {
    const reply = await gateway.app.inject({ method: 'POST', url: '/v1/console-sessions', headers: bearer });
    expect(reply.statusCode).toBe(201);
    return new URL(reply.json().url as string);
  };
  const enter = async (): Promise<string> => {
    const { pathname, search } = await link();
    const reply = await get(pathname + search, {});
    expect([reply.statusCode, reply.headers.location]).toEqual([303, '/console/']);
    expect(reply.headers['set-cookie']).toMatch(/HttpOnly; SameSite=Strict/);
    return String(reply.headers['set-cookie']).split(';')[0] ?? '';
  };

  it('lets a browser in by a link, once, and over a restart of the gateway', async () => {
    const { pathname, search } = await link();
    expect((await get(pathname + search, {})).statusCode).toBe(303);
    const second = await get(pathname + search, {});
    expect([second.statusCode, second.body]).toEqual([401, expect.stringContaining('This link was used already')]);
    const cookie = await enter();
    expect((await get('/v1/fleet', { cookie })).statusCode).toBe(200);
    const unused = await link();
    await gateway[Symbol.asyncDispose]();
    gateway = await GatewayUnderTest.start(fleet, consoleDir);
    expect((await get('/v1/fleet', { cookie: `other=1; ${cookie}` })).statusCode).toBe(200);
    expect((await get(unused.pathname + unused.search, {})).body).toContain('The gateway has restarted');
  });

  it('lets a session write only from its own origin, and not make links', async () => {
    const headers = { cookie: await enter(), host: '127.0.0.1:5001' };
    const submit = (origin?: string) =>
      gateway.app.inject({
        method: 'POST',
        url: '/v1/runs',
        headers: origin === undefined ? headers : { ...headers, origin },
        payload: { workflow: 'review' },
      });
    expect((await submit('http://127.0.0.1:5001')).statusCode).toBe(202);
    expect((await submit('https://elsewhere.example')).statusCode).toBe(403);
    expect((await submit()).statusCode).toBe(403);
    const origin = 'http://127.0.0.1:5001';
    expect(
      (await gateway.app.inject({ method: 'POST', url: '/v1/console-sessions', headers: { ...headers, origin } })).statusCode,
    ).toBe(403);
    const out = await gateway.app.inject({ method: 'DELETE', url: '/v1/console-sessions', headers: { ...headers, origin } });
    expect([out.statusCode, String(out.headers['set-cookie'])]).toEqual([204, expect.stringContaining('Max-Age=0')]);
  });

  it('stops an address that guesses tokens', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await get('/v1/fleet', { authorization: `Bearer guess-${i}` })).statusCode);
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
    expect(Number((await get('/v1/fleet')).headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('the console’s files', () => {
  it('come with a strict policy, compressed, and kept by browsers as long as is right', async () => {
    const page = await get('/console/', {});
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(page.headers['cache-control']).toBe('no-cache');
    expect((await get('/console/', { 'if-none-match': String(page.headers.etag) })).statusCode).toBe(304);
    const script = await get('/console/assets/index-Ab12Cd34.js', { 'accept-encoding': 'br, gzip' });
    expect([script.headers['content-encoding'], script.headers['cache-control']]).toEqual([
      'gzip',
      'public, max-age=31536000, immutable',
    ]);
  });

  it('answer places inside the page with the page, and nothing outside of the folder', async () => {
    for (const place of [`runs/${RUN}`, `runs/${RUN}/artifacts/report.md`, 'errors']) {
      expect((await get(`/console/${place}`, {})).body).toContain('<title>AET</title>');
    }
    expect((await get('/', {})).headers.location).toBe('/console/');
    for (const path of [
      '/console/../package.json',
      '/console/%2e%2e/package.json',
      '/console/..%2fpackage.json',
      '/console/nope.js',
    ]) {
      expect([path, (await get(path, {})).statusCode]).toEqual([path, 404]);
    }
  });

  it('are replaced by a page that says what to do when they are not built', async () => {
    await using bare = await GatewayUnderTest.start(fleet, join(consoleDir, 'none'));
    const page = await bare.app.inject({ method: 'GET', url: '/console/' });
    expect([page.statusCode, page.body]).toEqual([503, expect.stringContaining('npm run build')]);
    expect(bare.problems).toHaveProperty('console');
  });
});

describe('a run’s event stream', () => {
  it('replays, goes on live with progress, ends with the run, and resumes after the last id', async () => {
    const url = `${await gateway.listen()}/v1/runs/${RUN}/events`;
    const run = fleet.runs.get(RUN)!;
    const response = await fetch(url, { headers: bearer });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const seen: string[] = [];
    for await (const frame of sseFrames(response)) {
      seen.push(frame.id ?? frame.event);
      if (frame.id === '2') fleet.say(run, 'range', 'reading 38 files', 0.5);
      if (frame.event === RunStreamEvent.Progress) {
        run.complete('range').finish({});
        fleet.tell();
      }
    }
    expect(seen).toEqual(['1', '2', 'progress', '3', '4', 'end']);
    const resumed: string[] = [];
    for await (const frame of sseFrames(await fetch(url, { headers: { ...bearer, 'last-event-id': '3' } })))
      resumed.push(frame.id ?? frame.event);
    expect(resumed).toEqual(['4', 'end']);
    const done: string[] = [];
    for await (const frame of sseFrames(await fetch(`${url}?after=4`, { headers: bearer }))) done.push(frame.event);
    expect(done).toEqual(['end']);
    expect(fleet.listeners).toBe(0);
  });

  it('refuses an unknown run and a wrong place with a status', async () => {
    expect((await get(`/v1/runs/${RUN.replace('1890', '1999')}/events`)).statusCode).toBe(404);
    expect((await get(`/v1/runs/${RUN}/events?after=99`)).statusCode).toBe(404);
    expect((await get(`/v1/runs/${RUN}/events`, { ...bearer, 'last-event-id': 'x' })).statusCode).toBe(400);
  });

  it('ends when the gateway drains, and leaves no listener', async () => {
    const url = `${await gateway.listen()}/v1/runs/${RUN}/events`;
    const seen: string[] = [];
    for await (const frame of sseFrames(await fetch(url, { headers: bearer }))) {
      seen.push(frame.id ?? frame.event);
      if (frame.id === '2') await gateway.drain();
    }
    expect(seen).toEqual(['1', '2']);
    expect(fleet.listeners).toBe(0);
  });

  it('holds no more than a page for a reader that does not read', async () => {
    const run = fleet.runs.get(RUN)!;
    for (let i = 0; i < 3000; i++) run.schedule('tests').fail('tests', 'x'.repeat(2000), false);
    const response = await fetch(`${await gateway.listen()}/v1/runs/${RUN}/events`, { headers: bearer });
    const reads = (): number => fleet.calls.filter((c) => c.method === 'orchestrator.events').length;
    let before = -1;
    while (before !== reads()) {
      before = reads();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(reads()).toBeLessThan(60);
    await response.body?.cancel();
    await expect.poll(() => fleet.listeners).toBe(0);
  });
});
