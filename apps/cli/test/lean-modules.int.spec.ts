import * as transformer from 'class-transformer';
import * as validator from 'class-validator';
import { expect, it } from 'vitest';

it('a command finds every name that contracts may import from the modules that it does not load', async () => {
  const plain = (await import(new URL('../bin/plain-decorators.mjs', import.meta.url).href)) as Record<string, unknown>;
  const names = [...Object.keys(validator), ...Object.keys(transformer)].filter((name) => name !== 'default');
  expect(names.filter((name) => !(name in plain))).toEqual([]);
});
