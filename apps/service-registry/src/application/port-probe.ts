/** Asks the operating system of this machine. */
export interface PortProbe {
  /** Whether a server could listen on the port now, on loopback and on all addresses. Leaves nothing open. */
  isFree(port: number): Promise<boolean>;
}
