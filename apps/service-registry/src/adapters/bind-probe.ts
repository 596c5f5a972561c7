import { createServer } from 'node:net';
import type { PortProbe } from '../application/port-probe.js';

/**
 * Binds for a moment. Both addresses: where a program listens on loopback only, some systems let another bind the wildcard,
 * and the other way round. A machine without one of the families says nothing about the port.
 */
export class BindProbe implements PortProbe {
  async isFree(port: number): Promise<boolean> {
    return (await canBind(port, '127.0.0.1')) && (await canBind(port, '0.0.0.0'));
  }
}

function canBind(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT'),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
