import { NatsTestServer } from '@aet/messaging/testing';
import type { PostgresTestServer } from '@aet/persistence/testing';
import { prepareCell } from '@aet/service-kit/testing';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from './program.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
export const BENCH_CELL = 'bench';
const AGENT = `---\nname: echo\ndescription: Says its input again.\naet:\n  executor: builtin\n  capabilities: [echo]\n---\n`;

/** Tasks at once on a host. They take no time, so this is how many wait for their results to be stored. */
const SLOTS = 64;

/** A cell of real processes as `npm start` runs them: validation, metrics, trace headers, lease, health and logs are on. */
export class Fleet implements AsyncDisposable {
  readonly nats: NatsTestServer;
  orchestrator!: Program;
  producer!: Program;
  readonly hosts: Program[] = [];
  private readonly dir: string;
  private profile: string | undefined;

  private constructor(nats: NatsTestServer, dir: string) {
    this.nats = nats;
    this.dir = dir;
  }

  /** @param profile folder for a CPU profile of each process */
  static async start(database: PostgresTestServer['config'], profile?: string): Promise<Fleet> {
    const dir = mkdtempSync(join(tmpdir(), 'aet-bench-'));
    const fleet = new Fleet(await NatsTestServer.start(), dir);
    try {
      await fleet.open(database, profile);
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** One more agent host. */
  async addHost(): Promise<void> {
    this.hosts.push(await this.service('agent'));
  }

  async removeHost(): Promise<void> {
    await this.hosts.pop()?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of [this.producer, ...this.hosts, this.orchestrator] as (Program | undefined)[]) {
      await program?.[Symbol.asyncDispose]();
    }
    await this.nats[Symbol.asyncDispose]();
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async open(database: PostgresTestServer['config'], profile?: string): Promise<void> {
    this.profile = profile;
    for (const folder of ['.aet', 'agents', 'workflows', 'log', 'outbox']) mkdirSync(join(this.dir, folder));
    writeFileSync(join(this.dir, 'agents/echo.md'), AGENT);
    const config = {
      cell: { name: BENCH_CELL, peers: [] },
      nats: { servers: [this.nats.url], credentialsDir: '' },
      database,
      agents: { dirs: [join(this.dir, 'agents')], workDir: join(this.dir, 'work') },
      work: { slots: SLOTS },
      runs: { workflowDirs: [join(this.dir, 'workflows')] },
    };
    writeFileSync(join(this.dir, '.aet/config.yaml'), JSON.stringify(config));
    await prepareCell(this.nats.url, { capabilities: ['echo'], config: { cell: config.cell } });
    this.orchestrator = await this.service('orchestrator');
    await this.addHost();
    this.producer = await Program.start({
      module: here('producer.program.ts'),
      args: [this.nats.url],
      cwd: this.dir,
      logFile: join(this.dir, 'log/producer.log'),
      execArgv: this.profiling('producer'),
    });
  }

  private service(name: 'orchestrator' | 'agent'): Promise<Program> {
    return Program.start({
      module: here(`../../../apps/${name}/dist/main.js`),
      cwd: this.dir,
      env: { NODE_ENV: 'production', AET__http__port: '0' },
      logFile: join(this.dir, `log/${name}.log`),
      execArgv: this.profiling(name),
    });
  }

  private profiling(name: string): string[] {
    return this.profile === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${this.profile}`, `--cpu-prof-name=${name}-${process.hrtime.bigint()}.cpuprofile`];
  }
}
