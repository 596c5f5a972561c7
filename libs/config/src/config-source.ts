import type { AetConfig } from './aet-config.js';

/** Where a value came from: the layer's name, and the place in its file. */
export interface Origin {
  /** Such as `base`, `env/prod`, `cell/mainpc`, `host/pc2`, `project`, `runtime`, `environment`, `flags` or `default`. */
  layer: string;
  file?: string;
  /** From 1. */
  line?: number;
  column?: number;
}

export interface Explanation {
  /** Dotted path, such as `lease.ttlMs`. */
  key: string;
  value: unknown;
  /** Every layer that set the key, the winning one last. */
  origins: (Origin & { value: unknown })[];
}

/**
 * The configuration of one process: overlays merged, checked against the schema, frozen.
 * A source either is wholly valid or could not be made (`ConfigInvalid` lists every error with file, line and column);
 * a caller never sees a half-checked value. Secrets are never values here, only the paths of their files.
 */
export abstract class ConfigSource {
  abstract readonly config: Readonly<AetConfig>;
  /** @throws {NotFound} when the schema has no such key. */
  abstract explain(key: string): Explanation;
}
