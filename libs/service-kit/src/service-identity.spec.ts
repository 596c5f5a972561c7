import { isToken } from '@aet/contracts';
import { expect, it } from 'vitest';
import { newIdentity } from './service-identity.js';
import { testConfig } from './testing/test-config.js';

const { config } = testConfig({ cell: { name: 'mainpc' }, host: { name: 'pc2' } });

it('is new at each start and fits into a subject', () => {
  const made = Array.from({ length: 200 }, () => newIdentity('km', config, {}, new Date(0)).instance);
  expect(new Set(made).size).toBe(200);
  expect(made.every((instance) => isToken(instance) && /^km-[a-z2-9]{8}$/.test(instance))).toBe(true);
});

it('takes cell and host from the configuration and the slot from the environment', () => {
  expect(newIdentity('km', config, { AET_SLOT: 'green' }, new Date(0))).toMatchObject({
    cell: 'mainpc',
    host: 'pc2',
    slot: 'green',
    startedAt: '1970-01-01T00:00:00.000Z',
  });
  expect(newIdentity('km', config, {}, new Date(0)).slot).toBe('blue');
  expect(() => newIdentity('km', config, { AET_SLOT: 'red' }, new Date(0))).toThrow('use blue or green');
});
