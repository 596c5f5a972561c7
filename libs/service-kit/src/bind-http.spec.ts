import { NoResponders, ValidationFailed } from '@aet/contracts';
import { PinoLog } from '@aet/telemetry';
import { LogLines } from '@aet/telemetry/testing';
import { expect, it } from 'vitest';
import { bindHttp } from './bind-http.js';
import type { PortSource } from './port-source.js';

const taken = (): never => {
  throw Object.assign(new Error('address in use'), { code: 'EADDRINUSE' });
};
function setUp(ports: PortSource, listen: (port: number) => number) {
  const out = new LogLines();
  const identity = { service: 'km', instance: 'km-a', cell: 'c', host: 'h' };
  const settings = { level: 'info', dir: '', maxFileBytes: 1, maxFiles: 1, quotaBytes: 1 } as const;
  const log = PinoLog.create({ log: settings, identity, destination: out });
  const bind = (port = 0) =>
    bindHttp({
      instance: 'km-a',
      host: 'h',
      port,
      pool: 'km',
      ports,
      log,
      listen: (wanted) => Promise.resolve().then(() => listen(wanted)),
    });
  return { out, bind };
}
const never: PortSource = {
  allocate: () => Promise.reject(new Error('not to be asked')),
  release: () => Promise.reject(new Error('not to be asked')),
};

it('gives a port back that another program has taken, and asks for the next', async () => {
  const released: number[] = [];
  const asked: (number | undefined)[] = [];
  const ports: PortSource = {
    allocate: async ({ preferred }) => {
      asked.push(preferred);
      return { port: preferred ?? 5001, token: 1 };
    },
    release: async ({ port }) => void released.push(port),
  };
  const { bind, out } = setUp(ports, (port) => (port < 5003 ? taken() : port));
  expect(await bind()).toBe(5003);
  expect(asked).toEqual([undefined, 5002, 5003]);
  expect(released).toEqual([5001, 5002]);
  expect(out.saying('taken by another program')).toHaveLength(2);
});

it('asks nobody when a port is configured, and says when that is taken', async () => {
  expect(await setUp(never, (port) => port).bind(8080)).toBe(8080);
  await expect(setUp(never, taken).bind(8080)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

it('lets the operating system choose when no registry grants a port', async () => {
  const refusing: PortSource = { ...never, allocate: () => Promise.reject(new ValidationFailed('host is not valid', [])) };
  const { bind, out } = setUp(refusing, (port) => (port === 0 ? 40_000 : taken()));
  expect(await bind()).toBe(40_000);
  expect(out.saying('the operating system chooses')).toHaveLength(1);
});

it('waits for a registry that is not there yet', async () => {
  let calls = 0;
  const late: PortSource = {
    ...never,
    allocate: () => ((calls += 1) < 3 ? Promise.reject(new NoResponders('nobody')) : Promise.resolve({ port: 5001, token: 1 })),
  };
  expect(await setUp(late, (port) => port).bind()).toBe(5001);
});
