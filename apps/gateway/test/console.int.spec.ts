import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { busyFleet, conclude, DONE_RUN, FAILED_RUN, LIVE_RUN, RELEASE_RUN, report, UNDONE_RUN } from './double/busy-fleet.js';
import { ConsoleBrowser } from './double/console-browser.js';
import { chromium } from './double/console-build.js';
import type { FleetDouble } from './double/fleet-double.js';
import { GatewayUnderTest } from './double/gateway-under-test.js';

/** Folder for pictures of every page, for people. Unset: none are made. */
const SHOTS = process.env['AET_SHOTS'];

if (chromium === undefined)
  console.warn('no Chromium on this machine (set CHROME_PATH to one): the console is not tested in a browser');

describe.skipIf(chromium === undefined)('the console in a browser', () => {
  let site: ConsoleBrowser;
  let fleet: FleetDouble;
  let gateway: GatewayUnderTest;
  let base: string;

  beforeAll(async () => {
    site = await ConsoleBrowser.start();
  });
  afterAll(() => site[Symbol.asyncDispose]());
  beforeEach(async () => {
    fleet = await busyFleet();
    gateway = await GatewayUnderTest.start(fleet, site.pages);
    base = await gateway.listen();
  });
  afterEach(async () => {
    await gateway[Symbol.asyncDispose]();
    await site.close();
  });

  const link = (): Promise<string> => site.link(base);
  const signIn = (options: BrowserContextOptions = {}): Promise<Page> => site.signIn(base, options);
  const ground = (page: Page): Promise<string> => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');

  it('signs in by a link, which leaves the address bar and works once', async () => {
    const url = await link();
    const page = await signIn();
    expect(page.url()).toBe(`${base}/console/`);
    await page
      .getByRole('row', { name: /orchestrator/ })
      .first()
      .waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.goto(url);
    await page.goto(url);
    await page.getByRole('heading', { name: 'This link was used already' }).waitFor();
  });

  it('says what to do when nobody is signed in', async () => {
    const page = await site.browser.newPage();
    await page.goto(`${base}/console/runs`);
    await page.getByRole('heading', { name: 'This browser is not signed in' }).waitFor();
    expect(fleet.calls).toEqual([]);
    await page.close();
  });

  it('shows a run going to its end, live, without a reload', async () => {
    const page = await signIn();
    await page.goto(`${base}/console/runs/${LIVE_RUN}`);
    await page
      .getByRole('button', { name: /^index running/ })
      .getByText('7/12')
      .waitFor();
    const run = fleet.runs.get(LIVE_RUN)!;
    fleet.say(run, 'tests', 'vitest: 96 of 412', 0.23);
    await page.getByRole('log').getByText('23 % vitest: 96 of 412').waitFor();
    run.complete('index', {}, 7);
    fleet.tell();
    await page
      .getByRole('button', { name: /^index/ })
      .getByText('8/12')
      .waitFor();
    conclude(run);
    await report(fleet, run);
    fleet.tell();
    await page.getByRole('status').getByText('completed', { exact: true }).waitFor();
    await page.getByText('An AWS secret access key was added').waitFor();
    expect(await page.getByRole('log').getByText('the run is complete').count()).toBe(1);
    await page.getByRole('link', { name: 'report.md' }).click();
    await page.getByRole('heading', { name: 'Review of petstore' }).waitFor();
    expect(await page.title()).toBe('report.md · AET');
    expect(await page.getByRole('link', { name: 'a good link' }).getAttribute('href')).toBe('https://example.com/');
    await page.getByText('a bad link').waitFor();
    expect(await page.locator('.prose :is(script, img, a[href^="javascript"])').count()).toBe(0);
  });

  it('says that the connection is lost and how old the picture is, and goes on by itself without a gap', async () => {
    const page = await signIn();
    await page.goto(`${base}/console/runs/${LIVE_RUN}`);
    await page.getByText('7/12').waitFor();
    await gateway[Symbol.asyncDispose]();
    await page.getByText(/Connection lost: .*trying again/).waitFor();
    await page.getByText(/the picture is from \d+ s ago/).waitFor();
    conclude(fleet.runs.get(LIVE_RUN)!);
    gateway = await GatewayUnderTest.start(fleet, site.pages);
    await gateway.listen(Number(new URL(base).port));
    await page.getByRole('status').getByText('completed', { exact: true }).waitFor();
    const lines = await page.getByRole('log').locator('p').count();
    expect(lines).toBe(fleet.runs.get(LIVE_RUN)!.events.length);
  });

  it('follows the system into the dark, and the toggle against it', async () => {
    const page = await signIn({ colorScheme: 'dark' });
    expect(await ground(page)).toBe('rgb(16, 18, 20)');
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await ground(page)).toBe('rgb(247, 247, 245)');
    const toggle = page.getByRole('button', { name: /^Colours/ });
    await toggle.click();
    await toggle.click();
    await page.getByRole('button', { name: 'Colours: dark. Change to auto' }).waitFor();
    expect(await ground(page)).toBe('rgb(16, 18, 20)');
    await page.reload();
    expect(await ground(page)).toBe('rgb(16, 18, 20)');
  });

  it('can be used by keyboard alone, with the focus in sight', async () => {
    const page = await signIn();
    await page.reload();
    await page
      .getByRole('row', { name: /orchestrator/ })
      .first()
      .waitFor();
    const focused = (): Promise<string> => page.evaluate<string>('document.activeElement?.textContent?.trim()');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to content');
    expect((await page.locator('.skip').boundingBox())?.y).toBeGreaterThanOrEqual(0);
    for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('Runs');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    expect(await page.evaluate('document.activeElement?.id')).toBe('main');
    const row = page.getByRole('link', { name: 'review', exact: true }).first();
    await row.waitFor();
    // Past the neighbouring pages, the filters and the search: every one of them is a stop.
    for (let i = 0; i < 20 && (await focused()) !== 'review'; i++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('review');
    await page.keyboard.press('Enter');
    const step = page.getByRole('button', { name: /^secrets/ });
    await step.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('article', { name: 'Step secrets' }).waitFor();
    expect(await step.getAttribute('aria-pressed')).toBe('true');
  });

  it('fits every page into 380 pixels', async () => {
    const page = await signIn({ viewport: { width: 380, height: 800 } });
    for (const path of PAGES.values()) {
      await page.goto(`${base}/console${path}`);
      await page.locator('main :is(table, .errors li, .graph, .prose, .timeline li, .asks li, .relations)').first().waitFor();
      const excess = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
      expect([path, Math.max(0, excess)]).toEqual([path, 0]);
    }
  });

  const PAGES = new Map([
    ['fleet', '/'],
    ['runs', '/runs'],
    ['run-live', `/runs/${LIVE_RUN}`],
    ['run-done', `/runs/${DONE_RUN}`],
    ['run-failed', `/runs/${FAILED_RUN}`],
    ['run-release', `/runs/${RELEASE_RUN}`],
    ['run-undone', `/runs/${UNDONE_RUN}`],
    ['approvals', '/approvals'],
    ['schedules', '/schedules'],
    ['queue', '/queue'],
    ['dead-letters', '/dlq'],
    ['dead-letter', '/dlq/17'],
    ['cells', '/cells'],
    ['report', `/runs/${DONE_RUN}/artifacts/report.md`],
    ['timeline', `/timelines/${DONE_RUN}`],
    ['errors', '/errors'],
  ]);

  it.runIf(SHOTS !== undefined)('is pictured, for people to look at', { timeout: 180_000 }, async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 380]) {
        const page = await signIn({ colorScheme, viewport: { width, height: 820 }, reducedMotion: 'reduce' });
        for (const [name, path] of PAGES) {
          await page.goto(`${base}/console${path}`);
          await page.locator('main :is(table, .errors li, .graph, .prose, .timeline li, .asks li, .relations)').first().waitFor();
          if (name === 'run-live') {
            const run = fleet.runs.get(LIVE_RUN)!;
            await page.getByText('Live', { exact: true }).waitFor();
            for (const done of [96, 150, 233]) fleet.say(run, 'tests', `vitest: ${done} of 412`, done / 412);
            fleet.say(run, 'contracts', 'openapi.yaml: comparing 14 operations');
            await page.getByText('57 % vitest').waitFor();
            if (width === 1280) await page.getByRole('button', { name: /^secrets/ }).click();
          }
          await page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => undefined);
          await page.screenshot({ path: join(SHOTS!, `${name}-${colorScheme}-${width}.png`), fullPage: true });
          if (name !== 'run-done') continue;
          await page.getByRole('button', { name: 'Rerun' }).click();
          await page.getByRole('dialog').waitFor();
          await page.screenshot({ path: join(SHOTS!, `dialog-${colorScheme}-${width}.png`) });
        }
      }
    }
    expect(site.complaints).toEqual([]);
  });
});
