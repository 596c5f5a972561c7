import type { ImportRun, Violation } from '@aet/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FleetDouble } from './double/fleet-double.js';
import { GatewayUnderTest, TOKEN } from './double/gateway-under-test.js';
import { ScriptedRun } from './double/scripted-run.js';

const RUN = '01890000-0000-7000-8000-000000000001';
const OTHER = '01890000-0000-7000-8000-000000000002';
const bearer = { authorization: `Bearer ${TOKEN}` };

let fleet: FleetDouble;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  fleet = new FleetDouble();
  fleet.add(new ScriptedRun(RUN, 'mainpc', new Date('2026-01-01T00:00:00.000Z'))).schedule('range');
  gateway = await GatewayUnderTest.start(fleet);
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => fleet.calls.splice(0));

const send = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object | string, headers: object = {}) =>
  gateway.app.inject({ method, url, headers: { ...bearer, ...headers }, ...(payload === undefined ? {} : { payload }) });
const told = () => fleet.calls.map(({ method, request }) => [method.replace('orchestrator.', ''), request]);

describe('operations on runs over HTTP', () => {
  it('are told to the orchestrator under their own names, with who said so', async () => {
    const post = async (name: string, body: object) => (await send('POST', `/v1/runs/${RUN}/${name}`, body)).statusCode;
    const statuses = [
      await post('cancel', { reason: 'wrong branch' }),
      await post('pause', { by: 'anna' }),
      await post('resume', {}),
      await post('redrive', {}),
      await post('signal', { name: 'go', id: 's1', payload: { n: 1 } }),
      await post('approve', { step: 'ship', by: 'anna', reason: 'fine' }),
      await post('reject', {}),
      await post('prioritize', { priority: 'high' }),
      await post('rerun', { from: 'range', inputs: { repo: '.' }, idempotencyKey: 'k' }),
      await post('fork', { sequence: 2 }),
      await post('replay', { workflow: 'review' }),
    ];
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 202, 202, 200]);
    const runId = RUN;
    expect(told()).toEqual([
      ['cancel', { runId, by: 'api', reason: 'wrong branch' }],
      ['pause', { runId, by: 'anna' }],
      ['resume', { runId, by: 'api' }],
      ['redrive', { runId, by: 'api' }],
      ['signal', { runId, by: 'api', name: 'go', id: 's1', payload: { n: 1 } }],
      ['approve', { runId, by: 'anna', step: 'ship', reason: 'fine' }],
      ['reject', { runId, by: 'api' }],
      ['prioritize', { runId, by: 'api', priority: 'high' }],
      ['rerun', { runId, by: 'api', from: 'range', inputs: { repo: '.' }, idempotencyKey: 'k' }],
      ['fork', { runId, by: 'api', sequence: 2 }],
      ['replay', { runId, workflow: 'review' }],
    ]);
  });

  it.each([
    [`/v1/runs/${RUN}/signal`, { name: 'go' }, 'id'],
    [`/v1/runs/${RUN}/prioritize`, { priority: 'urgent' }, 'priority'],
    [`/v1/runs/${RUN}/fork`, {}, 'sequence'],
    [`/v1/runs/none/cancel`, {}, 'runId'],
    ['/v1/run-batches', { runs: [{ workflow: 7 }] }, 'runs.0.workflow'],
    ['/v1/run-states', { runIds: ['x'] }, 'runIds'],
  ])('refuse %s with %j and name the field', async (url, payload, path) => {
    const reply = await send('POST', url, payload);
    expect(reply.statusCode).toBe(400);
    expect(new Set(reply.json().details.violations.map((v: Violation) => v.path))).toEqual(new Set([path]));
    expect(fleet.calls).toEqual([]);
  });

  it('find, compare, count and submit many', async () => {
    expect((await send('GET', '/v1/run-ids/01890000')).json()).toEqual({ runIds: [RUN] });
    expect((await send('GET', `/v1/runs/${RUN}/diff/${OTHER}`)).json()).toMatchObject({ same: false });
    expect((await send('POST', '/v1/run-states', { runIds: [RUN] })).json()).toEqual({ states: { [RUN]: 'running' } });
    const batch = await send('POST', '/v1/run-batches', {
      runs: [{ workflow: 'review', idempotencyKey: 'a' }, { workflow: 'review' }],
    });
    expect([batch.statusCode, batch.json().results.length]).toEqual([202, 2]);
    expect(fleet.calls.at(-1)?.request).toMatchObject({
      runs: [{ submittedBy: 'api', idempotencyKey: 'a' }, { submittedBy: 'api' }],
    });
  });

  it('put large values aside, so that a message can carry the rest', async () => {
    const text = 'x'.repeat(600_000);
    const ref = { $payload: { bytes: 600_002, cell: 'c1' } };
    const answers = [
      await send('POST', `/v1/runs/${RUN}/signal`, { name: 'go', id: 's2', payload: text }),
      await send('POST', `/v1/runs/${RUN}/rerun`, { inputs: { text, n: 1 } }),
      await send('POST', `/v1/runs/${RUN}/fork`, { sequence: 2, inputs: { text, n: 1 } }),
      await send('POST', '/v1/run-batches', { runs: [{ workflow: 'review', inputs: { text, n: 1 } }, { workflow: 'review' }] }),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 202, 202, 202]);
    const inputs = { text: ref, n: 1 };
    expect(fleet.calls.map(({ request }) => request)).toMatchObject([
      { name: 'go', payload: ref },
      { inputs },
      { sequence: 2, inputs },
      { runs: [{ workflow: 'review', inputs }, { workflow: 'review' }] },
    ]);
    const tooLarge = await send('POST', `/v1/runs/${RUN}/signal`, { name: 'go', id: 's3', payload: 'x'.repeat(17_000_000) });
    expect([tooLarge.statusCode, fleet.calls.length]).toEqual([413, 4]);
  });

  it('export all pages as one text, and refuse with a status before it begins', async () => {
    const reply = await send('GET', `/v1/runs/${RUN}/export`);
    expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    expect(
      reply.body
        .trimEnd()
        .split('\n')
        .map((line) => Object.keys(JSON.parse(line) as object)[0]),
    ).toEqual(['format', 'event']);
    expect((await send('GET', `/v1/runs/${OTHER}/export`)).statusCode).toBe(404);
  });

  it('import a text of any length in parts that no character is torn by', async () => {
    const text = '{"line":"🚀🚀🚀"}\n'.repeat(30_000);
    const ndjson = { 'content-type': 'application/x-ndjson' };
    const reply = await send('POST', '/v1/run-imports?reason=moved', text, ndjson);
    expect([reply.statusCode, reply.json()]).toEqual([200, { runId: 'r', events: 1, existing: false }]);
    const parts = fleet.calls.map(({ request }) => request as ImportRun);
    expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index));
    expect(parts.map(({ last }) => last)).toEqual(parts.map((_, index) => index === parts.length - 1));
    expect(parts.map((part) => part.text).join('') === text && parts.every((part) => part.text.isWellFormed())).toBe(true);
    expect(parts.at(-1)).toMatchObject({ by: 'api', reason: 'moved' });
    expect((await send('POST', '/v1/run-imports', { a: 1 })).json().code).toBe('VALIDATION_FAILED');
  });
});

describe('schedules over HTTP', () => {
  it('are put, listed, paused, resumed and removed', async () => {
    const word = { cron: '@daily', timeZone: 'Europe/Berlin', run: { workflow: 'review' } };
    const statuses = [
      await send('PUT', '/v1/schedules/nightly', word),
      await send('GET', '/v1/schedules'),
      await send('POST', '/v1/schedules/nightly/pause', { reason: 'holidays' }),
      await send('POST', '/v1/schedules/nightly/resume', {}),
      await send('DELETE', '/v1/schedules/nightly?by=anna'),
    ].map(({ statusCode }) => statusCode);
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    const name = 'nightly';
    expect(told()).toEqual([
      ['schedule-put', { name, ...word, by: 'api' }],
      ['schedule-ls', {}],
      ['schedule-pause', { name, by: 'api', reason: 'holidays' }],
      ['schedule-resume', { name, by: 'api' }],
      ['schedule-rm', { name, by: 'anna' }],
    ]);
    expect((await send('PUT', '/v1/schedules/nightly', { cron: '@daily' })).statusCode).toBe(400);
  });
});
