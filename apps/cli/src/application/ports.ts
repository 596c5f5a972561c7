import type { PlannedProcess } from '../domain/fleet-plan.js';
import type { ProcessIdentity } from '../domain/process-identity.js';

/** What a process said of itself when it was ready. */
export interface Readiness {
  url?: string;
}

/** A child that lives, or lived. */
export interface Launched {
  readonly identity: ProcessIdentity;
  /** Rejects when it cannot become ready although it lives; never settles after its end. */
  readonly ready: Promise<Readiness>;
  /** Resolves with a sentence when it is gone. Never rejects. */
  readonly exited: Promise<string>;
  /** To its whole process group; nothing happens when it is gone. */
  signal(signal: NodeJS.Signals): void;
}

/** Brings one planned process to life. A rejection with a non-retryable error means that another try cannot help. */
export interface Launcher {
  launch(process: PlannedProcess): Promise<Launched>;
}

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls back once; returns how to prevent it. */
  after(ms: number, action: () => void): () => void;
}
