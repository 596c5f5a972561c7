import { connectNats, JetStreamTopology, readSeed } from '@aet/messaging';
import { type ConfigOverrides, testConfig } from './test-config.js';

/** Makes the streams, consumers and buckets of a cell on a test server, as the provisioner does on a real one. */
export async function prepareCell(
  nats: string,
  options: { config?: ConfigOverrides; capabilities?: readonly string[] } = {},
): Promise<void> {
  const { config } = testConfig(options.config);
  const dir = config.nats.credentialsDir;
  const credentials = dir === '' ? {} : { seed: await readSeed(dir, 'provisioner') };
  const link = await connectNats({ servers: [nats], user: 'provisioner', name: 'test', ...credentials });
  try {
    await new JetStreamTopology(link).ensure({
      namespace: config.namespace,
      cell: config.cell.name,
      capabilities: options.capabilities ?? [],
      ackWaitMs: config.work.ackWaitMs,
      leaseTtlMs: config.lease.ttlMs,
      workMaxBytes: config.work.maxBytes,
      peers: config.cell.peers,
    });
  } finally {
    await link.close();
  }
}
