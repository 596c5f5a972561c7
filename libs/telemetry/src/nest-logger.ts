import { Logger, type Params, PinoLogger } from 'nestjs-pino';
import type { PinoLog } from './pino-log.js';

const pinoParams = (log: PinoLog): Params => ({ pinoHttp: { logger: log.pino } });

/** Nest tells each route and module that it finds; that is of use to who debugs a start. */
const CHATTER: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
  'NestMicroservice',
]);

/** Nest's own logger, writing to ours. There is one in a process, as Nest wants it: of several services in a test the first has it. */
export class NestLogger extends Logger {
  constructor(log: PinoLog) {
    super(new PinoLogger(pinoParams(log)), pinoParams(log));
  }

  override log(message: unknown, ...optional: unknown[]): void {
    if (CHATTER.has(optional.at(-1))) super.debug(message, ...optional);
    else super.log(message, ...optional);
  }
}
