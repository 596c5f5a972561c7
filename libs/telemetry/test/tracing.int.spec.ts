import { inSpan, startTracing } from '@aet/telemetry';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';

const identity = { service: 'km', instance: 'km-abcdefgh', version: '0.1.0', cell: 'mainpc', host: 'pc2' };
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

it('loads no SDK without an endpoint', async () => {
  const before = performance.now();
  const stop = await startTracing({ otlpEndpoint: '', sampleRatio: 1 }, identity);
  await stop();
  expect(performance.now() - before).toBeLessThan(50);
});

it('continues the trace of a message and sends its spans to the collector', async () => {
  const requests: { url: string; body: string }[] = [];
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ url: request.url ?? '', body: Buffer.concat(chunks).toString('latin1') });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  const stop = await startTracing({ otlpEndpoint: `http://127.0.0.1:${port}/`, sampleRatio: 1 }, identity);
  try {
    await inSpan('work', { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` }, () => Promise.resolve());
    await expect(inSpan('failing', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  } finally {
    await stop();
    collector.close();
  }
  expect(requests.map(({ url }) => url)).toEqual(['/v1/traces']);
  const body = requests[0]?.body ?? '';
  expect(body).toContain('km-abcdefgh');
  expect(body).toContain('"work"');
  expect(body).toContain(TRACE_ID);
});
