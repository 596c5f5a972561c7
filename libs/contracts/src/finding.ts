import type { Severity } from './priority.js';

/** How sure a skill is of a finding. From the surest on. */
export const Certainty = { Certain: 'certain', Likely: 'likely', Possible: 'possible' } as const;
export type Certainty = (typeof Certainty)[keyof typeof Certainty];
export const CERTAINTIES: readonly Certainty[] = [Certainty.Certain, Certainty.Likely, Certainty.Possible];

/** One thing that a builtin skill found in a repository. */
export interface Finding {
  /** The skill, such as `secret-scan`. */
  source: string;
  /** Stable name of the rule, such as `api/operation-removed`. */
  rule: string;
  severity: Severity;
  /** Absent: certain. */
  certainty?: Certainty;
  message: string;
  /** Path inside the repository, with `/`. */
  file?: string;
  /** From 1. */
  line?: number;
  /** JSON pointer inside the file (RFC 6901). */
  pointer?: string;
  /** What to do about it. */
  remedy?: string;
}

/** A stored artifact of a run. */
export interface ArtifactRef {
  name: string;
  mediaType: string;
  bytes: number;
  /** SHA-256 of the content, hex. */
  sha256: string;
}

/** A place in a source that supports a statement. Lines from 1, both inclusive. */
export interface Citation {
  path: string;
  startLine: number;
  endLine: number;
  /** The matching text, shortened. */
  snippet: string;
}
