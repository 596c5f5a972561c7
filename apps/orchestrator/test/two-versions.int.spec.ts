import { attemptId, OrchestratorRpc, type RunEvent, RunEventType, type TaskMessage } from '@aet/contracts';
import { RunLog } from '@aet/persistence';
import { EventVersions, KNOWN_WORKFLOWS } from '@aet/runs';
import { workflow } from '@aet/runs/testing';
import type { DynamicModule, Type } from '@nestjs/common';
import { expect, it, vi } from 'vitest';
import { OrchestratorModule } from '../src/orchestrator.module.js';
import { TestCell } from './cell.js';

vi.setConfig({ testTimeout: 180_000 });
const patient = { timeout: 90_000, interval: 50 };

/** What the replica of the version before does not know. */
const NEW_EVENTS: readonly RunEvent['type'][] = [
  RunEventType.BranchTaken,
  RunEventType.WaitBegun,
  RunEventType.WaitEnded,
  RunEventType.CheckpointReached,
  RunEventType.SignalReceived,
];
const NEW_STEPS = ['branch', 'wait', 'checkpoint', 'approval'];
const before = new EventVersions(
  Object.fromEntries(
    Object.values(RunEventType)
      .filter((type) => !NEW_EVENTS.includes(type))
      .map((type) => [type, []]),
  ),
  { ...KNOWN_WORKFLOWS, stepMembers: new Set([...KNOWN_WORKFLOWS.stepMembers].filter((name) => !NEW_STEPS.includes(name))) },
);
const OldModule: DynamicModule = { module: OrchestratorModule, providers: [{ provide: EventVersions, useValue: before }] };

const plain = workflow({ split: { task: 'split' }, work: { task: 'work', needs: ['split'] } });
const newer = workflow({
  split: { task: 'split' },
  choose: { needs: ['split'], branch: [{ when: 'steps.split > `5`', then: 'pause' }, { then: 'skipped' }] },
  pause: { needs: ['choose'], wait: { for: '100ms' } },
  skipped: { needs: ['choose'], task: 'collect' },
  place: { needs: ['pause'], checkpoint: { so: 'far' } },
  work: { task: 'work', needs: ['place'] },
});
const RUNS = 50;

it('rolls out beside a version that knows less: that one leaves alone what it does not know, nothing is lost, every run ends', async () => {
  await using cell = await TestCell.start();
  const old = await cell.orchestrator({ module: OldModule as unknown as Type });
  const present = await cell.orchestrator();
  await vi.waitFor(() => expect([old.shell.board.ready, present.shell.board.ready]).toEqual([true, true]), patient);
  const decided = vi.spyOn(old.app.get(RunLog, { strict: false }), 'append');

  const done: string[] = [];
  await cell.worker((task: TaskMessage) => {
    done.push(attemptId(task));
    return Promise.resolve(task.capability === 'split' ? 7 : null);
  });
  const rpc = cell.rpc();
  const { instance } = present.identity;
  const submit = async (document: typeof plain, at: object): Promise<string> =>
    (await rpc.call(OrchestratorRpc.submit, { document }, { timeoutMs: 20_000, ...at })).runId;
  const newRuns = await Promise.all(Array.from({ length: RUNS }, () => submit(newer, { instance })));
  const oldRuns = await Promise.all(Array.from({ length: 10 }, () => submit(plain, { instance: old.identity.instance })));

  for (const runId of [...newRuns, ...oldRuns]) {
    await vi.waitFor(
      async () => expect((await rpc.call(OrchestratorRpc.get, { runId }, { instance })).status).toBe('completed'),
      patient,
    );
  }
  expect(done.toSorted()).toEqual(
    [
      ...newRuns.flatMap((runId) => [`${runId}:split:1`, `${runId}:work:1`]),
      ...oldRuns.flatMap((runId) => [`${runId}:split:1`, `${runId}:work:1`]),
    ].toSorted(),
  );

  // The old one took its share of what it knows, and decided on nothing else.
  const its = new Set(decided.mock.calls.map(([runId]) => runId));
  expect(oldRuns.every((runId) => its.has(runId))).toBe(true);
  expect(newRuns.filter((runId) => its.has(runId))).toEqual([]);
  await expect(
    rpc.call(OrchestratorRpc.get, { runId: newRuns[0] ?? '' }, { instance: old.identity.instance }),
  ).rejects.toMatchObject({ code: 'UNSUPPORTED_VERSION', message: expect.stringContaining('update this one') });
  expect(old.shell.board.problems['versions']).toMatch(/newer version.*finish the rollout/s);
  expect(old.shell.board.ready).toBe(true);
  expect(present.shell.board.problems).not.toHaveProperty('versions');
  const metrics = await (await fetch(`${old.url}/metrics`)).text();
  expect(metrics).toMatch(/aet_orchestrator_unsupported_runs_total [1-9]/);
});
