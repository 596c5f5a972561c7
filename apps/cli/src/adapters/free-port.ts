import { PortsExhausted } from '@aet/contracts';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** Whether a server could listen there now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: LOOPBACK, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/**
 * A free port of the range. Fleets of different projects begin to look at different places, so that two which start at once hardly meet;
 * when they do, one of the servers does not start, and its next start looks again.
 * @throws {PortsExhausted}
 */
export async function findFreePort(
  range: { from: number; to: number },
  seed: string,
  exclude: ReadonlySet<number>,
): Promise<number> {
  const size = range.to - range.from + 1;
  const offset = createHash('sha256').update(seed).digest().readUInt32BE(0) % size;
  for (let step = 0; step < size; step++) {
    const port = range.from + ((offset + step) % size);
    if (!exclude.has(port) && (await isFree(port))) return port;
  }
  throw new PortsExhausted(
    `no port from ${range.from} to ${range.to} is free: stop something, or widen ports.service in .aet/config.yaml`,
  );
}
