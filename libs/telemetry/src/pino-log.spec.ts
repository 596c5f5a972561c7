import { NotFound } from '@aet/contracts';
import { Logger } from '@nestjs/common';
import { expect, it } from 'vitest';
import { correlation } from './correlation.js';
import type { LoggedError } from './log.js';
import { NestLogger } from './nest-logger.js';
import { PinoLog } from './pino-log.js';
import { LogLines } from './testing/log-lines.js';

const identity = { service: 'km', instance: 'km-abcdefgh', cell: 'mainpc', host: 'pc2' };
const settings = { level: 'info', dir: '', maxFileBytes: 1, maxFiles: 1, quotaBytes: 1 } as const;
function makeLog() {
  const out = new LogLines();
  return { out, log: PinoLog.create({ log: settings, identity, destination: out }) };
}
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

it('says who wrote a line and on whose behalf', async () => {
  const { out, log } = makeLog();
  await correlation.run({ correlationId: 'c-1', runId: 'r-1', traceparent: TRACE }, async () => {
    await Promise.resolve();
    log.for('ingest').info('read', { files: 3 });
  });
  log.info('outside');
  expect(out.lines[0]).toMatchObject({
    ...identity,
    level: 'info',
    context: 'ingest',
    msg: 'read',
    files: 3,
    correlationId: 'c-1',
    runId: 'r-1',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
  });
  expect(Date.parse(String(out.lines[0]?.['time']))).not.toBeNaN();
  expect(out.lines[1]).not.toHaveProperty('correlationId');
});

it('changes its level while it runs, for its parts too', () => {
  const { out, log } = makeLog();
  const part = log.for('part');
  part.debug('hidden');
  log.level = 'debug';
  part.debug('shown');
  log.level = 'error';
  part.warn('hidden again');
  expect(out.lines.map(({ msg }) => msg)).toEqual(['shown']);
});

it('prints an error with its code and causes, without its secrets', () => {
  const { out, log } = makeLog();
  const cause = new Error('socket closed');
  log.warn('failed', { err: new NotFound('no such run', { cause, details: { password: 'hunter2' } }), password: 'hunter2' });
  expect(out.lines[0]).toMatchObject({ err: { code: 'NOT_FOUND', message: 'no such run' }, password: '[secret]' });
  expect(JSON.stringify(out.lines[0])).toContain('socket closed');
  expect(JSON.stringify(out.lines[0])).not.toContain('hunter2');
});

it('tells listeners of error lines, ours and those of Nest, with the code', () => {
  const { out, log } = makeLog();
  const told: LoggedError[] = [];
  log.onError(() => {
    throw new Error('a listener that fails');
  });
  log.onError((error) => told.push(error));
  log.warn('not an error');
  log.for('part').error('plain', { code: 'UNAVAILABLE' });
  log.fatal('dying', { err: new NotFound('gone') });
  const nest = new NestLogger(log);
  Logger.overrideLogger(nest);
  new Logger('Part').error(new NotFound('no such thing'));
  expect(told).toMatchObject([
    { level: 'error', message: 'plain', code: 'UNAVAILABLE', context: 'part' },
    { level: 'fatal', message: 'dying', code: 'NOT_FOUND' },
    { level: 'error', message: 'no such thing', code: 'NOT_FOUND', context: 'Part' },
  ]);
  expect(out.lines).toHaveLength(4);
});
