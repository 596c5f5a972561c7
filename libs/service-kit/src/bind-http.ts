import { AetError } from '@aet/contracts';
import { retrying } from '@aet/resilience';
import type { Log } from '@aet/telemetry';
import type { PortPool, PortSource } from './port-source.js';

export interface BindRequest {
  instance: string;
  /** Label of the machine, as the allocator knows it. */
  host: string;
  /** 0: from the allocator. */
  port: number;
  pool: PortPool;
  /** Listens; rejects with `EADDRINUSE` when the port is taken. Returns the port that it has. */
  listen: (port: number) => Promise<number>;
  ports: PortSource;
  log: Log;
}

/** How long a registry that does not answer is waited for: no service depends on another to live. Milliseconds. */
const REGISTRY_PATIENCE_MS = 5_000;
const MAX_TRIES = 20;

/**
 * Listens on the configured port, else on one of the allocator. A granted port that a program outside of AET has taken meanwhile is given back,
 * and the next one asked for. Without an allocator the operating system chooses: the lease tells everybody the address anyway.
 */
export async function bindHttp(request: BindRequest): Promise<number> {
  if (request.port !== 0) return request.listen(request.port);
  const { instance, host, pool } = request;
  let preferred: number | undefined;
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    const granted = await allocate(request, preferred);
    if (granted === undefined) return request.listen(0);
    try {
      return await request.listen(granted);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      request.log.warn(`port ${granted} was granted and is taken by another program; asking for the next`, { pool, attempt });
      await request.ports.release({ instance, host, port: granted }).catch(() => undefined);
      preferred = granted + 1;
    }
  }
  request.log.warn(`${MAX_TRIES} granted ports were taken by other programs; the operating system chooses one`, { pool });
  return request.listen(0);
}

async function allocate(request: BindRequest, preferred: number | undefined): Promise<number | undefined> {
  const { instance, host, pool, log, ports } = request;
  const patience = AbortSignal.timeout(REGISTRY_PATIENCE_MS);
  try {
    const wanted = { instance, host, purpose: 'http', pool, ...(preferred === undefined ? {} : { preferred }) };
    const grant = await retrying(() => ports.allocate(wanted), {
      initialMs: 50,
      maxMs: 500,
      signal: patience,
      retryable: (error) => error instanceof AetError && error.retryable,
    });
    return grant.port;
  } catch (error) {
    log.warn('the registry granted no port; the operating system chooses one: see `aet status` for the registry', { err: error });
    return undefined;
  }
}
