import type { Batch } from './batches.js';
import type { FileStatus } from './changed-file.js';

/** What `git-range` gives to the steps after it. Below 400 KB: lists are cut and the counts say by how much. */
export interface ReviewRange {
  /** Top folder of the repository, or the repository itself when bare. Absolute. */
  repo: string;
  project: string;
  /** Commit, full object name. */
  head: string;
  /** Commit that the head is compared with; null: everything counts as new. */
  base: string | null;
  wholeTree: boolean;
  branch: string | null;
  note?: string;
  notes: string[];
  files: { path: string; status: FileStatus; bytes: number }[];
  fileCount: number;
  bytes: number;
  batches: Batch[];
  leftOut: Record<string, number>;
  contractFiles: { path: string; oldPath?: string; status: FileStatus }[];
  lockfiles: string[];
}

/** The part of it that steps need to read both sides. */
export interface RangeInput {
  repo: string;
  head: string;
  base?: string | null;
}

export const MAX_LISTED_FILES = 400;
export const MAX_CONTRACT_FILES = 300;
