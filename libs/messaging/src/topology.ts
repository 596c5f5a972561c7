/** One difference between what is declared and what the server has. */
export interface TopologyDifference {
  /** Such as `stream TASKS` or `consumer TASKS/secret-scan__high`. */
  what: string;
  field: string;
  wanted: unknown;
  found: unknown;
}

export interface TopologyReport {
  created: string[];
  updated: string[];
  unchanged: string[];
}

/**
 * The streams, consumers and buckets of a cell, from one declaration. `ensure` may be repeated at any time, by several at once;
 * it creates what is missing and changes what can be changed without loss. It refuses to delete, to narrow retention or to change storage:
 * `TopologyDiffers` lists field by field what stands in the way. After every write the server's own picture is compared with the wish;
 * a field that the server dropped in silence is `CapabilityMissing`, with the version that has it. At last it removes what lies in the work
 * queues although it was acknowledged, which a server may keep whose disk was full.
 */
export abstract class Topology {
  abstract ensure(declaration: TopologyDeclaration): Promise<TopologyReport>;
  /** What `ensure` would find, without a change. */
  abstract differences(declaration: TopologyDeclaration): Promise<TopologyDifference[]>;
}

/** What a cell needs; the rest follows from the contracts. */
export interface TopologyDeclaration {
  namespace: string;
  cell: string;
  /** Each gets four consumers, one for each priority. */
  capabilities: readonly string[];
  /** Cells that this one is joined with: of the events of each it keeps a copy. Default: none. */
  peers?: readonly string[];
  ackWaitMs: number;
  leaseTtlMs: number;
  /** Bound of each of the streams of tasks and of results; beyond it they refuse messages. Bytes; default 512 MiB. */
  workMaxBytes?: number;
}
