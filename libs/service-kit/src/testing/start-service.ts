import { type LogDestination, PinoLog } from '@aet/telemetry';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { connectPatiently } from '../connect-patiently.js';
import type { ServiceDefinition } from '../service-definition.js';
import { newIdentity, type ServiceIdentity } from '../service-identity.js';
import { ServiceShell } from '../service-shell.js';
import { type ConfigOverrides, testConfig } from './test-config.js';

export interface TestServiceOptions {
  /** URL of a test server with the cell's topology. */
  nats: string;
  config?: ConfigOverrides;
  /** Where log lines go; default: nowhere. */
  log?: LogDestination;
  onFatal?: (error: Error) => void;
}

export interface TestService extends AsyncDisposable {
  app: NestFastifyApplication;
  identity: ServiceIdentity;
  url: string;
  log: PinoLog;
  shell: ServiceShell;
  stop(): Promise<void>;
}

/** A whole service inside the test's process: the same shell as in production, without signals and exit codes. */
export async function startService(definition: ServiceDefinition, options: TestServiceOptions): Promise<TestService> {
  const source = testConfig({
    ...options.config,
    nats: { servers: [options.nats], credentialsDir: '', ...options.config?.nats },
  });
  const { config } = source;
  const identity = newIdentity(definition.service, config, {}, new Date());
  const log = PinoLog.create({ log: config.log, identity, destination: options.log ?? { write: () => undefined } });
  const http = definition.http?.(config) ?? config.http;
  const link = await connectPatiently({ config, identity, http, log, signal: new AbortController().signal });
  const shell = await ServiceShell.start({
    definition,
    source,
    identity,
    log,
    link,
    stopTracing: () => Promise.resolve(),
    onFatal:
      options.onFatal ??
      ((error) => {
        throw error;
      }),
  });
  const stop = () => shell.stop();
  return { app: shell.app, identity, url: shell.url ?? '', log, shell, stop, [Symbol.asyncDispose]: stop };
}
