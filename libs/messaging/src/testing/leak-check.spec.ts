import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { LeakCheck } from './leak-check.js';

it('is content when everything is closed, and waits for what closes late', async () => {
  const leaks = new LeakCheck();
  leaks.begin();
  const timer = setTimeout(() => undefined, 200);
  await expect(leaks.end()).resolves.toBeUndefined();
  clearTimeout(timer);
});

it('names what was left behind', async () => {
  const leaks = new LeakCheck();
  leaks.begin();
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  await expect(leaks.end(300)).rejects.toThrow(/1 × TCPServerWrap/);
  server.close();
});
