import type { DeclaredPolicies } from '@aet/resilience';

/** The whole configuration, after all overlays. The JSON Schema `config/schema/aet.schema.json` says the same and gives the defaults. */
export interface AetConfig {
  namespace: string;
  cell: {
    /** Name of this cell, such as `mainpc`. */
    name: string;
    /** Other cells that this one is joined with. */
    peers: string[];
  };
  host: {
    /** Label of the machine (or of the simulated one), such as `pc2`. */
    name: string;
    labels: Record<string, string>;
  };
  nats: {
    /** `nats://host:port`, all servers of the cell. */
    servers: string[];
    /** Folder with one seed file per user: `<service>.nk`. */
    credentialsDir: string;
  };
  database: {
    host: string;
    port: number;
    name: string;
    user: string;
    /** File that holds the password, mode 0600. Empty: no password. */
    passwordFile: string;
    /** File that holds a whole connection URL instead; wins over the fields above when set. */
    urlFile: string;
    poolSize: number;
  };
  http: {
    /** Address that services bind; loopback by default. */
    host: string;
    /** 0: from the port allocator. */
    port: number;
  };
  ports: {
    /** Both ends inclusive. */
    service: { from: number; to: number };
    km: { from: number; to: number };
  };
  lease: { renewMs: number; ttlMs: number };
  log: {
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
    /** Folder for log files; empty: standard output only. */
    dir: string;
    maxFileBytes: number;
    maxFiles: number;
    /** All log files of the folder together. */
    quotaBytes: number;
  };
  telemetry: {
    /** OTLP/HTTP endpoint; empty: the exporter is off. */
    otlpEndpoint: string;
    /** 0 to 1. */
    sampleRatio: number;
  };
  rpc: { timeoutMs: number };
  /** What stands around calls of other services (`default`, `targets`), and in front of a service's own methods (`shed`). */
  resilience: DeclaredPolicies & { shed: boolean };
  runs: {
    /** Longest wait of an append for company in one commit. */
    groupCommitMs: number;
    groupCommitMax: number;
    sweepMs: number;
    /** Time that one partition of the log takes. */
    partitionDays: number;
    /** Events of a run leave the database for the archive so long after its end; 0: never. */
    archiveAfterDays: number;
    /** A large value to which no event refers is removed when it was last put so long ago; 0: never. */
    payloadGraceHours: number;
    /** Of all kept results together. */
    cacheMaxBytes: number;
    cacheTtlMs: number;
    /** Folders with workflow files, first wins. */
    workflowDirs: string[];
  };
  work: {
    ackWaitMs: number;
    workingMs: number;
    /** Tasks at once on a host; 0: from the cores (2 to 8). */
    slots: number;
    drainMs: number;
    /** Bound of each of the streams of tasks and of results. */
    maxBytes: number;
    /** By capability: tasks that may begin on all hosts of the cell together. An operator's word wins. */
    rates: Record<string, { perSecond: number; burst?: number }>;
  };
  outbox: {
    /** Folder of the outboxes of this machine's processes; empty: none. */
    dir: string;
    /** Of one process. */
    maxBytes: number;
    segmentBytes: number;
    fsync: 'always' | 'interval' | 'never';
    /** With `interval`. */
    fsyncMs: number;
  };
  agents: {
    /** Folders with definitions, first wins on equal names. */
    dirs: string[];
    /** Names that this host runs; empty: all. */
    only: string[];
    /** Folder for workspaces and worktrees. */
    workDir: string;
  };
  models: {
    batch: {
      enabled: boolean;
      maxRequests: number;
      maxBytes: number;
      quietMs: number;
      leadMs: number;
      singleLeadMs: number;
      pollMs: number;
      tickMs: number;
    };
    /** US dollars, by the beginning of a model's name. */
    prices: Record<string, { inputPerMTok: number; outputPerMTok: number }>;
    anthropic: { baseUrl: string; apiKeyFile: string; model: string; maxTokens: number };
  };
  gateway: {
    host: string;
    /** 0: from the allocator. */
    port: number;
    /** File with the SHA-256 of the bearer token (hex), not the token. */
    tokenHashFile: string;
    /** File with the key that signs console sessions. */
    sessionKeyFile: string;
    /** Folder of the built console. */
    consoleDir: string;
  };
}
