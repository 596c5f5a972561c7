import { ApprovalRpc, type WaitingApproval } from '@aet/contracts';
import { FleetDouble } from './fleet-double.js';
import { ReleaseRun, UndoneRun } from './release-run.js';
import { FINDINGS, REPORT_MARKDOWN } from './review-report.js';
import { ScriptedRun } from './scripted-run.js';

export const LIVE_RUN = '01890000-0000-7000-8000-0000000000f1';
export const DONE_RUN = '01890000-0000-7000-8000-0000000000d0';
export const FAILED_RUN = '01890000-0000-7000-8000-0000000000b0';
export const RELEASE_RUN = '01890000-0000-7000-8000-0000000000e1';
export const UNDONE_RUN = '01890000-0000-7000-8000-0000000000e2';
const CHECKS = ['secrets', 'contracts', 'tests', 'dependencies'] as const;

function begin(runId: string, at: Date): ScriptedRun {
  const run = new ScriptedRun(runId, 'mainpc', at).schedule('range').wait(320).complete('range', { files: 38 });
  run.expand('index', 12);
  for (let i = 0; i < 12; i++) run.schedule('index', i);
  for (const check of CHECKS) run.schedule(check);
  return run;
}

/** Everything that is left of a review, at once. */
export function conclude(run: ScriptedRun): void {
  const { done = 0 } = run.at('index').items ?? {};
  for (let i = done; i < 12; i++) run.wait(90).complete('index', { chunks: 9 }, i);
  for (const check of CHECKS) if (run.at(check).status === 'running') run.wait(400).complete(check, { findings: 2 });
  run.skip('written', 'no model is configured').schedule('summary').wait(210).complete('summary', { findings: FINDINGS.length });
  run.finish({ findings: FINDINGS });
}

export async function report(fleet: FleetDouble, run: ScriptedRun): Promise<void> {
  await fleet.artifacts.put(run.runId, 'report.md', Buffer.from(REPORT_MARKDOWN), 'text/markdown');
  await fleet.artifacts.put(run.runId, 'report.json', Buffer.from(JSON.stringify({ findings: FINDINGS })), 'application/json');
}

/** A fleet with some history, a failed run and one that is under way. */
export async function busyFleet(): Promise<FleetDouble> {
  const fleet = new FleetDouble();
  const ago = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
  for (let i = 9; i >= 1; i--) {
    const old = begin(`01890000-0000-7000-8000-00000000a0${i}0`, ago(i * 190));
    conclude(old);
    fleet.add(old);
  }
  const failed = begin(FAILED_RUN, ago(64))
    .wait(900)
    .fail('tests', 'vitest ended with code 134', false)
    .schedule('tests')
    .wait(4000);
  failed
    .fail('tests', 'vitest ended with code 134 (out of memory)', true)
    .giveUp('tests', 'step tests failed after 2 attempts: out of memory');
  fleet.add(failed);
  fleet.add(new UndoneRun(UNDONE_RUN, 'mainpc', ago(31)));
  fleet.add(new ReleaseRun(RELEASE_RUN, 'mainpc', ago(14)));
  const done = begin(DONE_RUN, ago(12));
  conclude(done);
  fleet.add(done);
  await report(fleet, done);
  const live = begin(LIVE_RUN, ago(0.3)).wait(3100);
  for (let i = 0; i < 7; i++) live.wait(150).complete('index', { chunks: 9 }, i);
  live.wait(200).complete('secrets', { findings: 1 }).wait(300).complete('dependencies', { findings: 1 });
  fleet.add(live);
  fleet.on(ApprovalRpc.ls, () => ({ approvals: [...fleet.runs.values()].flatMap(asksOf) }));
  return fleet;
}

/** What its steps ask. */
const asksOf = (run: ScriptedRun): WaitingApproval[] => {
  const { runId, workflow, status, priority, updatedAt, steps } = run.view();
  return steps.flatMap(({ name, waitsFor, startedAt }) =>
    waitsFor?.approval === undefined
      ? []
      : [
          {
            runId,
            workflow,
            status,
            priority,
            step: name,
            text: waitsFor.approval,
            requestedAt: startedAt ?? updatedAt,
            ...(waitsFor.approvers === undefined ? {} : { approvers: waitsFor.approvers }),
            ...(waitsFor.until === undefined ? {} : { expiresAt: waitsFor.until }),
            submittedBy: 'anna',
          },
        ],
  );
};
