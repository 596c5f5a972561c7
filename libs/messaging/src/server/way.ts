/** A nats-server that can be started. */
export interface NatsServerBinary {
  path: string;
  version: string;
  /** For people: where it came from, such as `on PATH`. */
  how: string;
}

/** What each way of getting a nats-server is told. */
export interface WayContext {
  /** Folder with one folder for each version. */
  cacheDir: string;
  env: NodeJS.ProcessEnv;
  minVersion: string;
  /** Takes one line for people. */
  log: (line: string) => void;
}

/** One way of getting a nats-server. */
export interface Way {
  /** For the error that lists all ways. */
  readonly name: string;
  /** The binary; a sentence why this way does not lead there; it throws only on a programming error. */
  find(context: WayContext): Promise<NatsServerBinary | string>;
}
