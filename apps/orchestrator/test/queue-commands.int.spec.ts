import { DlqRpc, OrchestratorRpc, QueueRpc, RunEventType, type TaskMessage } from '@aet/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestCell } from './cell.js';
import { workflow } from '@aet/runs/testing';

vi.setConfig({ testTimeout: 120_000 });
const patient = { timeout: 60_000, interval: 50 };
const by = 'anna';

describe('an operator', () => {
  let cell: TestCell;
  let isBroken = true;
  beforeAll(async () => {
    cell = await TestCell.start();
    const { shell } = await cell.orchestrator();
    await vi.waitUntil(() => shell.board.ready, patient);
    const perform = async (task: TaskMessage): Promise<unknown> => {
      const { n = 0 } = task.input as { n?: number };
      if (isBroken && n > 0) throw new Error(`the disk of ${n} is full`);
      return n;
    };
    await cell.worker(perform, { failures: true });
  });
  afterAll(() => cell[Symbol.asyncDispose]());

  const document = workflow(
    {
      split: { task: 'split' },
      work: {
        task: 'work',
        needs: ['split'],
        map: { over: 'inputs.list' },
        with: { n: '${{ item }}' },
        retry: { attempts: 2, initial: '1ms' },
      },
      collect: { task: 'collect', needs: ['work'], with: { all: '${{ steps.work }}' } },
    },
    { inputs: { list: { type: 'array' } }, output: '${{ steps.work }}' },
  );
  const failedRun = async (): Promise<string> => {
    isBroken = true;
    const { runId } = await cell.rpc().call(OrchestratorRpc.submit, { document, inputs: { list: [0, 7] } });
    await vi.waitFor(async () => expect((await cell.run(runId)).status).toBe('failed'), patient);
    return runId;
  };
  const letterOf = async (runId: string): Promise<number> => {
    const find = async () => (await cell.rpc().call(DlqRpc.ls, { capability: 'work' })).letters.find((l) => l.runId === runId);
    await vi.waitFor(async () => expect(await find()).toBeDefined(), patient);
    return (await find())?.sequence ?? 0;
  };

  it('lists no dead letter where there never was one', async () => {
    expect(await cell.rpc().call(DlqRpc.ls, {})).toEqual({ letters: [] });
  });

  it('finds the dead letter of a task that gave up, with every attempt, and takes its run up again', async () => {
    const runId = await failedRun();
    const sequence = await letterOf(runId);
    const letter = await cell.rpc().call(DlqRpc.show, { sequence });
    expect(letter).toMatchObject({
      reason: 'attempts-exhausted',
      original: { json: { runId, step: 'work', item: 1, input: { n: 7 } } },
    });
    expect(letter.history?.map(({ attempt, error }) => [attempt, error.message])).toEqual([
      [1, 'the disk of 7 is full'],
      [2, 'the disk of 7 is full'],
    ]);

    isBroken = false;
    const redriven = await cell.rpc().call(DlqRpc.retry, { sequence, by, reason: 'freed' });
    expect(redriven).toEqual({ runId, attempts: [{ step: 'work', item: 1, attempt: 3 }] });
    await vi.waitFor(async () => expect((await cell.run(runId)).status).toBe('completed'), patient);
    expect((await cell.run(runId)).output).toEqual([0, 7]);
    const { events } = await cell.rpc().call(OrchestratorRpc.events, { runId });
    expect(events.find(({ type }) => type === RunEventType.Redriven)?.data).toEqual({ by, letter: sequence, reason: 'freed' });
    expect((await cell.rpc().call(OrchestratorRpc.list, { status: 'completed' })).runs.map((run) => run.runId)).toContain(runId);
    await expect(cell.rpc().call(DlqRpc.show, { sequence })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('drops a letter with a reason, which is recorded', async () => {
    const runId = await failedRun();
    const sequence = await letterOf(runId);
    await expect(cell.rpc().call(DlqRpc.drop, { sequence } as never)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(await cell.rpc().call(DlqRpc.drop, { sequence, by, reason: 'a test' })).toEqual({ sequence });
    await expect(cell.rpc().call(DlqRpc.retry, { sequence })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await cell.facts('audit')).toContainEqual(
      expect.objectContaining({
        type: 'audit.dead-letter.dropped',
        data: expect.objectContaining({ by, why: 'a test', letter: expect.objectContaining({ runId }) }),
      }),
    );
  });

  it('is told when a letter names nothing that could be sent again', async () => {
    await cell.poison('work');
    await vi.waitFor(
      async () => expect((await cell.rpc().call(DlqRpc.ls, { reason: 'poison' })).letters.length).toBe(1),
      patient,
    );
    const [letter] = (await cell.rpc().call(DlqRpc.ls, { reason: 'poison' })).letters;
    expect(letter).toMatchObject({ reason: 'poison', capability: 'work' });
    const retried = cell.rpc().call(DlqRpc.retry, { sequence: letter?.sequence ?? 0 });
    await expect(retried).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('drop it') });
    expect((await cell.rpc().call(DlqRpc.ls, { capability: 'split' })).letters).toEqual([]);
  });

  it('sees, pauses, resumes and limits capabilities', async () => {
    const rpc = cell.rpc();
    const paused = await rpc.call(QueueRpc.pause, { capability: 'collect', by, reason: 'maintenance' });
    expect(paused).toMatchObject({ capability: 'collect', paused: { by, reason: 'maintenance' }, inHand: 0 });
    await expect(rpc.call(QueueRpc.rate, { capability: 'work', perSecond: 1_000, burst: 2 })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringContaining('at least 200'),
    });
    await expect(rpc.call(QueueRpc.rate, { capability: 'work' })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await rpc.call(QueueRpc.rate, { capability: 'work', perSecond: 2.5, by });
    const view = await rpc.call(QueueRpc.ls, {});
    expect(view.capabilities.map(({ capability }) => capability)).toEqual(['collect', 'split', 'work']);
    expect(view.capabilities.find(({ capability }) => capability === 'work')?.rate).toEqual({
      perSecond: 2.5,
      burst: 3,
      from: 'operator',
    });
    expect(view.streams).toMatchObject([{ stream: 'TASKS', maxBytes: 512 * 1024 * 1024 }, { stream: 'RESULTS' }]);
    expect(await rpc.call(QueueRpc.resume, { capability: 'collect', by })).not.toHaveProperty('paused');
    expect(await rpc.call(QueueRpc.rate, { capability: 'work', rule: 'configured', by })).not.toHaveProperty('rate');
    expect((await cell.facts('audit')).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['audit.queue.paused', 'audit.queue.rate-set', 'audit.queue.resumed']),
    );
  });
});
