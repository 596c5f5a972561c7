import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LeakCheck, NatsTestServer } from '../src/testing/index.js';
import { example } from './example.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

it('does what the README says', async () => {
  await using nats = await NatsTestServer.start();
  const { called, refused, worked } = await example(nats.url);
  expect(called).toBe(144);
  expect(refused).toMatch(/must not be less than 0/);
  expect(worked).toEqual({ of: 12 });
});

it('stands in the README as it is', () => {
  const code = readFileSync(new URL('example.ts', import.meta.url), 'utf8');
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(`\`\`\`ts\n${code}\`\`\`\n`);
});
