import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium as playwright,
  type Page,
} from 'playwright-core';
import { buildConsole, chromium } from './console-build.js';
import { TOKEN } from './gateway-under-test.js';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** A built console and a browser to look at it, and what the pages complain about. */
export class ConsoleBrowser implements AsyncDisposable {
  readonly complaints: string[] = [];
  private contexts: BrowserContext[] = [];

  private constructor(
    readonly browser: Browser,
    private readonly dir: string,
  ) {}

  static async start(): Promise<ConsoleBrowser> {
    const dir = mkdtempSync(join(tmpdir(), 'aet-console-'));
    await buildConsole(join(dir, 'dist'));
    return new ConsoleBrowser(await playwright.launch({ executablePath: chromium!, args: ARGS }), dir);
  }

  get pages(): string {
    return join(this.dir, 'dist');
  }

  async link(base: string): Promise<string> {
    const reply = await fetch(`${base}/v1/console-sessions`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } });
    return ((await reply.json()) as { url: string }).url;
  }

  async signIn(base: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
    this.contexts.push(context);
    const page = await context.newPage();
    // A refused script or style, and an exception, are faults of the page even where it looks right.
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content.Security.Policy/i.test(message.text())) this.complaints.push(message.text());
    });
    await page.goto(await this.link(base));
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();
    return page;
  }

  /** Closes what was opened. @throws when a page complained */
  async close(): Promise<void> {
    await Promise.all(this.contexts.map((c) => c.close()));
    this.contexts = [];
    const heard = this.complaints.splice(0);
    if (heard.length > 0) throw new Error(`the page complained: ${heard.join('; ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
