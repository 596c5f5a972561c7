import { CellRpc, Conflict, DlqRpc, EffectRpc, Forbidden, QueueRpc, type ScheduleView, ScheduleRpc } from '@aet/contracts';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { busyFleet, DONE_RUN, RELEASE_RUN, UNDONE_RUN } from './double/busy-fleet.js';
import { ConsoleBrowser } from './double/console-browser.js';
import { chromium } from './double/console-build.js';
import type { FleetDouble } from './double/fleet-double.js';
import { GatewayUnderTest } from './double/gateway-under-test.js';
import { sampleSchedule } from './double/operation-samples.js';
import { sampleCapability } from './double/queue-samples.js';
import { CHILDREN, LARGE } from './double/release-run.js';
import { ScriptedRun } from './double/scripted-run.js';

/** What an operator does in the console, against a gateway with its real access and Origin rules, over a fleet that does as it is told. */
describe.skipIf(chromium === undefined)('an operator at the console', () => {
  let site: ConsoleBrowser;
  let fleet: FleetDouble;
  let gateway: GatewayUnderTest;
  let page: Page;
  let base: string;

  beforeAll(async () => {
    site = await ConsoleBrowser.start();
  });
  afterAll(() => site[Symbol.asyncDispose]());
  beforeEach(async () => {
    fleet = await busyFleet();
    gateway = await GatewayUnderTest.start(fleet, site.pages);
    base = await gateway.listen();
    page = await site.signIn(base);
  });
  afterEach(async () => {
    await gateway[Symbol.asyncDispose]();
    await site.close();
  });

  const open = (path: string): Promise<unknown> => page.goto(`${base}/console${path}`);
  const dialog = () => page.getByRole('dialog');
  /** Presses the button, fills the dialog in, and does it. */
  const act = async (button: string, confirm: string, fields: Record<string, string> = {}): Promise<void> => {
    await page.getByRole('button', { name: button, exact: true }).click();
    await dialog().waitFor();
    for (const [label, value] of Object.entries(fields)) {
      const field = dialog().getByLabel(label, { exact: true });
      const isChoice = (await dialog().locator('select').and(field).count()) > 0;
      await (isChoice ? field.selectOption(value) : field.fill(value));
    }
    await dialog().getByRole('button', { name: confirm, exact: true }).click();
  };
  const told = (text: string | RegExp) => page.locator('.announcer').getByText(text).waitFor();
  const asked = (method: string): object[] =>
    fleet.calls.filter((c) => c.method === `orchestrator.${method}`).map(({ request }) => request);
  const status = (word: string) =>
    page.locator('.page-head').getByRole('status').getByText(word, { exact: true }).first().waitFor();

  it('finds runs by status, workflow and words, and the address says so', async () => {
    await open('/runs');
    await page.getByRole('link', { name: /^Failed 2/ }).click();
    await page.getByRole('row', { name: /deploy/ }).waitFor();
    await expect.poll(() => page.getByRole('row').count()).toBe(3);
    await page.getByLabel('Words in name or error').fill('memory');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    expect(new URL(page.url()).search).toBe('?status=failed&text=memory');
    await page.reload();
    await page.getByRole('row', { name: /out of memory/ }).waitFor();
    expect(await page.getByLabel('Words in name or error').inputValue()).toBe('memory');
    await open('/runs');
    await page.getByLabel('Workflow').selectOption('release');
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    expect(new URL(page.url()).search).toBe('?workflow=release');
    await page.getByRole('cell', { name: 'parallel' }).waitFor();
  });

  it('turns the pages of a long list, and back', async () => {
    for (let i = 100; i < 220; i++) {
      fleet.add(new ScriptedRun(`01890000-0000-7000-8000-000000000${i}`, 'mainpc', new Date(Date.now() - i * 1000)));
    }
    await open('/runs');
    const first = page.getByRole('link', { name: 'review' }).first();
    const firstOf = async (last: string): Promise<void> => {
      await expect.poll(() => first.getAttribute('href')).toContain(last);
    };
    await firstOf('000219');
    await page.getByRole('link', { name: 'Next' }).click();
    await firstOf('000169');
    await page.getByRole('link', { name: 'Next' }).click();
    await firstOf('000119');
    await page.getByRole('link', { name: 'Previous' }).click();
    await firstOf('000169');
    await page.getByRole('link', { name: 'Previous' }).click();
    await firstOf('000219');
    expect(await page.getByRole('link', { name: 'Previous' }).count()).toBe(0);
  });

  it('sees every kind of step, what it waits for, and where large values are', async () => {
    fleet.payloads.texts.set(LARGE.$payload.sha256, '{"large":true}');
    await open(`/runs/${RELEASE_RUN}`);
    const step = (name: RegExp) => page.getByRole('button', { name }).first();
    for (const name of [
      /^risk branch/,
      /^ask approval waits for an approval/,
      /^go wait waits for signal go/,
      /^notify sub-run/,
      /^mark checkpoint/,
    ])
      await step(name).waitFor();
    await step(/^docs skipped/).waitFor();
    await step(/^test .*2 not needed/).waitFor();
    const waits = page.getByRole('region', { name: 'Waits for' });
    await waits.getByText('May decide: anna, bo').waitFor();
    await waits.getByText('none has an agent for it now').waitFor();
    expect(await waits.getByRole('link', { name: /c102/ }).getAttribute('href')).toBe(`/console/runs/${CHILDREN[1]}`);
    await step(/^scan/).click();
    await page.getByText('Saved by attempt 1').waitFor();
    await step(/^build .*cached/).click();
    await page.getByText('Not executed').waitFor();
    await page.getByRole('link', { name: 'image', exact: true }).click();
    await page.getByText('{"large":true}').waitFor();
    await open(`/runs/${UNDONE_RUN}`);
    await step(/^deploy undo completed/).waitFor();
    await step(/^tidy left unfinished/).waitFor();
  });

  it('pauses, resumes, prioritises and cancels; the page shows what the log says', async () => {
    await open(`/runs/${RELEASE_RUN}`);
    await act('Pause', 'Pause the run', { 'Reason (optional)': 'disk', 'Your name, for the record': 'anna' });
    await told('Paused. The run is paused, event 5 of its log.');
    await status('paused');
    await page.getByRole('log').getByText('paused by anna: disk').waitFor();
    await act('Resume', 'Resume the run');
    await status('running');
    await act('Priority', 'Change the priority', { Priority: 'critical' });
    await told(/The priority is critical/);
    await act('Cancel', 'Cancel the run');
    await status('cancelled');
    await page.getByText('Final', { exact: true }).waitFor();
    expect(asked('cancel')).toEqual([{ runId: RELEASE_RUN, by: 'anna' }]);
    await act('Redrive', 'Redrive the run');
    await status('running');
    await page.getByText('Live', { exact: true }).waitFor();
  });

  it('decides, with name and reason, and signals, once', async () => {
    await open(`/runs/${RELEASE_RUN}`);
    await act('Approve ask', 'Approve', { 'Your name, for the record': 'anna', 'Reason (optional)': 'tested' });
    await told(/Approved: ask/);
    await page.getByRole('button', { name: /^ask .*completed/ }).waitFor();
    await act('Send the signal go', 'Send the signal', { 'Payload, JSON (optional)': '{"n":' });
    await dialog()
      .getByRole('alert')
      .getByText(/is not JSON/)
      .waitFor();
    expect(asked('signal')).toEqual([]);
    await dialog().getByLabel('Payload, JSON (optional)').fill('{"n":1}');
    await dialog().getByRole('button', { name: 'Send the signal' }).click();
    await told(/The signal was taken/);
    await page.getByRole('region', { name: 'Signals' }).getByText('taken by go').waitFor();
    expect(asked('approve')).toEqual([{ runId: RELEASE_RUN, step: 'ask', by: 'anna', reason: 'tested' }]);
    expect(asked('signal')).toMatchObject([
      { name: 'go', id: expect.stringMatching(/^console-/), payload: { n: 1 }, by: 'anna' },
    ]);
  });

  it('runs again from a step with edited inputs, and forks at a place in the log', async () => {
    await open(`/runs/${DONE_RUN}`);
    await page.getByText('Final', { exact: true }).waitFor();
    await act('Rerun', 'Begin the new run', { From: 'tests', 'Inputs, JSON': '{"repo":"/other","range":"HEAD~12..HEAD"}' });
    await told(/A new run has begun/);
    expect(asked('rerun')).toMatchObject([{ runId: DONE_RUN, from: 'tests', inputs: { repo: '/other' }, by: 'console' }]);
    await act('Fork', 'Begin the new run', { [`After event (1 to ${fleet.runs.get(DONE_RUN)?.events.length})`]: '7' });
    await page.locator('.announcer').getByRole('link', { name: 'Look at it' }).waitFor();
    expect(asked('fork')).toMatchObject([{ runId: DONE_RUN, sequence: 7 }]);
    expect(asked('fork')[0]).not.toHaveProperty('inputs');
  });

  it('is told by the gateway what was refused and what to do, and nothing is shown as done', async () => {
    await open(`/runs/${RELEASE_RUN}`);
    fleet.refusals.set('orchestrator.approve', new Forbidden('only anna and bo may decide "ask": ask one of them'));
    await act('Approve ask', 'Approve', { 'Your name, for the record': 'mallory' });
    await dialog().getByRole('alert').getByText('only anna and bo may decide').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => dialog().count()).toBe(0);
    expect(await page.evaluate('document.activeElement?.getAttribute("aria-label")')).toBe('Approve ask');
    await page.getByRole('button', { name: /^ask approval waits/ }).waitFor();
    fleet.refusals.set('orchestrator.pause', new Conflict('the run has ended: rerun it'));
    await act('Pause', 'Pause the run');
    await dialog().getByRole('alert').getByText('CONFLICT').waitFor();
    await status('running');
    expect(await page.locator('.announcer .done').count()).toBe(0);
  });

  it('cannot be made to act by another origin', async () => {
    const session = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const reply = await fetch(`${base}/v1/runs/${RELEASE_RUN}/cancel`, {
      method: 'POST',
      headers: { cookie: session, origin: 'http://elsewhere.example', 'content-type': 'application/json' },
      body: '{}',
    });
    expect(reply.status).toBe(403);
    expect(asked('cancel')).toEqual([]);
  });

  it('finds everything that waits for a person on one page', async () => {
    await open('/approvals');
    const ask = page.getByRole('article', { name: 'release, ask' });
    await ask.getByText('Ship 2.4.0 to both regions?').waitFor();
    await ask.getByText(/decided by itself in/).waitFor();
    await act('Reject ask of release', 'Reject', { 'Reason (optional)': 'not today', 'Your name, for the record': 'bo' });
    await told(/Rejected: ask/);
    await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor();
    expect(asked('reject')).toEqual([{ runId: RELEASE_RUN, step: 'ask', reason: 'not today', by: 'bo' }]);
  });

  it('pauses a capability, lets it go on, and sets its rate', async () => {
    let view = sampleCapability('secret-scan');
    fleet.on(QueueRpc.ls, () => ({ cell: 'mainpc', capabilities: [view], streams: [] }));
    fleet.on(QueueRpc.pause, ({ by = '' }) => (view = { ...view, paused: { by, at: new Date().toISOString(), reason: 'leak' } }));
    fleet.on(QueueRpc.resume, () => (view = sampleCapability('secret-scan')));
    await open('/queue');
    await act('Pause secret-scan', 'Pause the capability', { 'Reason (optional)': 'leak' });
    await page.getByRole('row', { name: /secret-scan paused by console: leak/ }).waitFor();
    await act('Resume secret-scan', 'Resume the capability');
    await told('secret-scan goes on.');
    await act('Rate of secret-scan', 'Set the rate', { 'A second': '5', 'At once, after a quiet time (optional)': '9' });
    await told('secret-scan: 5 a second, 9 at once.');
    await act('Rate of secret-scan', 'Set the rate', { Rule: 'unlimited' });
    await expect.poll(() => asked('queue-rate').length).toBe(2);
    expect(asked('queue-rate')).toMatchObject([{ perSecond: 5, burst: 9 }, { rule: 'unlimited' }]);
  });

  it('reads a dead letter, retries it, and drops it for a reason', async () => {
    await open('/dlq');
    await act('Retry letter 17', 'Retry');
    await told(/1 attempt scheduled/);
    await page.getByRole('link', { name: '17 git-range' }).click();
    await page.getByText('no such repository').first().waitFor();
    await act('Drop', 'Drop the letter');
    await dialog().getByRole('alert').getByText('Reason is needed').waitFor();
    expect(asked('dlq-drop')).toEqual([]);
    fleet.on(DlqRpc.ls, () => ({ letters: [] }));
    await dialog().getByLabel('Reason', { exact: true }).fill('the repository is gone');
    await dialog().getByRole('button', { name: 'Drop the letter' }).click();
    await page.getByRole('heading', { name: 'No dead letter' }).waitFor();
    expect(asked('dlq-drop')).toEqual([{ sequence: 17, reason: 'the repository is gone', by: 'console' }]);
  });

  it('pauses, resumes and removes a schedule', async () => {
    const { paused, ...running } = sampleSchedule('nightly');
    let schedules: ScheduleView[] = [running];
    const put = (view: ScheduleView): ScheduleView => (schedules = [view])[0] ?? view;
    fleet.on(ScheduleRpc.ls, () => ({ schedules }));
    fleet.on(ScheduleRpc.pause, () => put({ ...running, next: [], ...(paused === undefined ? {} : { paused }) }));
    fleet.on(ScheduleRpc.resume, () => put(running));
    fleet.on(ScheduleRpc.rm, ({ name }) => {
      schedules = [];
      return { name, removed: true };
    });
    await open('/schedules');
    await page.getByText('30 8 * * *').waitFor();
    await act('Pause nightly', 'Pause the schedule');
    await page.getByText('by anna: the disk is full').waitFor();
    await act('Resume nightly', 'Resume the schedule');
    await told(/nightly goes on, next/);
    await act('Remove nightly', 'Remove the schedule', { 'Reason (optional)': 'moved' });
    await page.getByRole('heading', { name: 'No schedule' }).waitFor();
    expect(asked('schedule-rm')).toEqual([{ name: 'nightly', by: 'console', reason: 'moved' }]);
  });

  it('settles an effect in doubt, and sees a lost cell', async () => {
    await open('/effects');
    const effect = {
      runId: RELEASE_RUN,
      step: 'deploy',
      key: 'deploy',
      attempt: 1,
      epoch: 1,
      claimedAt: '2026-11-21T12:00:00.000Z',
    };
    fleet.on(EffectRpc.resolve, () => ({ ...effect, state: 'done', inDoubt: false }));
    await act('deploy was done', 'Yes, it was done', { 'What it gave, JSON (optional)': '{"id":7}' });
    await told('The ledger has “deploy” as done.');
    expect(asked('effect-resolve')).toMatchObject([
      { key: 'deploy', step: 'deploy', outcome: 'done', result: { id: 7 }, by: 'console' },
    ]);
    fleet.on(CellRpc.ls, () => ({
      cell: 'mainpc',
      cells: [{ cell: 'attic', alive: false, copy: { last: 9, lag: 3 } }],
      owners: [],
    }));
    await open('/cells');
    await page.getByRole('row', { name: /attic .*no sign of life 3 messages behind/ }).waitFor();
    await page.getByText('aet cell adopt attic').waitFor();
  });
});
