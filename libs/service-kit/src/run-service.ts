import { type ConfigSource, loadConfig } from '@aet/config';
import type { ServiceName } from '@aet/contracts';
import { PinoLog, startTracing } from '@aet/telemetry';
import { flushCompileCache } from 'node:module';
import { connectPatiently } from './connect-patiently.js';
import type { ServiceDefinition } from './service-definition.js';
import { newIdentity, type ServiceIdentity } from './service-identity.js';
import { ServiceShell } from './service-shell.js';
import { onStopSignal } from './stop-signals.js';
import { SupervisorChannel } from './supervisor-channel.js';

/** How long the last error report of a dying process may take. Milliseconds. */
const LAST_WORDS_MS = 500;

/**
 * Runs a service as this process, from its configuration to its exit code: 0 after a drain, 1 after an error that it could not go on with,
 * 130 when it was told to stop at once. Resolves when the service is ready.
 */
export async function runService(definition: ServiceDefinition): Promise<void> {
  const channel = new SupervisorChannel();
  const run = new ServiceRun(definition, channel);
  onStopSignal((reason) => run.stop(reason));
  channel.onGone(() => run.stop('the supervisor is gone'));
  process.on('uncaughtException', (error) => void run.fail(error));
  process.on('unhandledRejection', (reason) => void run.fail(reason));
  await run.start();
}

class ServiceRun {
  private readonly stopping = new AbortController();
  private shell: ServiceShell | undefined;
  private log: PinoLog | undefined;
  private identity: ServiceIdentity | undefined;
  private ended = false;

  constructor(
    private readonly definition: ServiceDefinition,
    private readonly channel: SupervisorChannel,
  ) {}

  async start(): Promise<void> {
    try {
      const source = loadConfig({ cwd: process.cwd(), env: process.env });
      const shell = await this.open(source);
      this.shell = shell;
      if (this.stopping.signal.aborted) return await this.drain();
      this.tellReady(shell);
    } catch (error) {
      if (this.stopping.signal.aborted) process.exit(0);
      await this.fail(error);
    }
  }

  /** Begins the drain. During the start the drain follows as soon as there is something to drain. */
  stop(reason: string): void {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    this.log?.info(`stopping: ${reason}`);
    if (this.shell !== undefined) void this.drain();
  }

  /** The last words, then the end. */
  async fail(reason: unknown): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    const error = reason instanceof Error ? reason : new Error(String(reason));
    if (this.log === undefined) process.stderr.write(`${this.definition.service}: ${error.message}\n`);
    else this.log.fatal(`${this.definition.service} ends: ${error.message}`, { err: error });
    await Promise.all([
      this.shell?.flush(LAST_WORDS_MS),
      this.channel.tellLast({ kind: 'failed', service: this.definition.service, message: error.message }),
    ]);
    process.exit(1);
  }

  private async open(source: ConfigSource): Promise<ServiceShell> {
    const { config } = source;
    const identity = newIdentity(this.definition.service, config, process.env, startedAt());
    const log = PinoLog.create({ log: config.log, identity });
    this.log = log;
    this.identity = identity;
    const stopTracing = await startTracing(config.telemetry, identity);
    const http = this.definition.http?.(config) ?? config.http;
    const link = await connectPatiently({ config, identity, http, log, signal: this.stopping.signal });
    return ServiceShell.start({
      definition: this.definition,
      source,
      identity,
      log,
      link,
      stopTracing,
      onFatal: (error) => void this.fail(error),
    });
  }

  private tellReady(shell: ServiceShell): void {
    const readyMs = Math.round(process.uptime() * 1000);
    const rssBytes = process.memoryUsage.rss();
    const { service, instance } = this.identity as ServiceIdentity;
    this.log?.info('ready', { url: shell.url, readyMs, rssBytes });
    this.channel.tell({
      kind: 'ready',
      service,
      instance,
      readyMs,
      rssBytes,
      ...(shell.url === undefined ? {} : { url: shell.url }),
    });
    // Otherwise the cache of compiled modules is written at exit only, and a killed process leaves none.
    setImmediate(flushCompileCache);
  }

  private async drain(): Promise<void> {
    const { service, instance } = this.identity as { service: ServiceName; instance: string };
    this.channel.tell({ kind: 'draining', service, instance });
    await this.shell?.stop();
    this.log?.info('stopped');
    process.exit(0);
  }
}

/** Of the process, not of this call: loading the modules is part of a start. */
const startedAt = (): Date => new Date(Date.now() - process.uptime() * 1000);
