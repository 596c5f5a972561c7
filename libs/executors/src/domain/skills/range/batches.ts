import { isRegular, type ChangedFile } from './changed-file.js';
import { leftOutReason } from './path-kind.js';

/** Files that one indexing task takes. Bounded so that a batch fits into one request and a retry repeats little. */
export interface Batch {
  index: number;
  files: string[];
  /** Paths whose documents are to be forgotten. */
  removed: string[];
}

export interface BatchLimits {
  filesPerBatch: number;
  bytesPerBatch: number;
  /** A file above this is not indexed. */
  fileBytes: number;
  /** All batches together. */
  files: number;
  /** Paths that are forgotten in one review. */
  removed: number;
  /** All paths together: the list travels in messages. */
  pathBytes: number;
}
const BATCH_LIMITS: BatchLimits = {
  filesPerBatch: 40,
  bytesPerBatch: 400_000,
  fileBytes: 400_000,
  files: 4000,
  removed: 800,
  pathBytes: 150_000,
};

export interface BatchPlan {
  batches: Batch[];
  /** Files not indexed, by reason. */
  leftOut: Record<string, number>;
}

export function planBatches(
  files: readonly ChangedFile[],
  ignored: (path: string) => boolean,
  limits: BatchLimits = BATCH_LIMITS,
): BatchPlan {
  const leftOut: Record<string, number> = {};
  const skip = (reason: string): void => {
    leftOut[reason] = (leftOut[reason] ?? 0) + 1;
  };
  const batches: Batch[] = [];
  let bytes = 0;
  let total = 0;
  let pathBytes = 0;
  const room = (size: number): Batch => {
    const last = batches.at(-1);
    if (last && last.files.length < limits.filesPerBatch && bytes + size <= limits.bytesPerBatch) return last;
    const next: Batch = { index: batches.length, files: [], removed: [] };
    batches.push(next);
    bytes = 0;
    return next;
  };
  for (const file of files) {
    if (file.status === 'deleted') continue;
    const reason = whyNot(file, ignored, limits);
    if (reason !== undefined) skip(reason);
    else if (total >= limits.files || pathBytes + file.path.length > limits.pathBytes) skip('over the limit');
    else {
      room(file.bytes).files.push(file.path);
      bytes += file.bytes;
      total += 1;
      pathBytes += Buffer.byteLength(file.path);
    }
  }
  addRemoved(batches, files, limits);
  return { batches, leftOut };
}

function whyNot(file: ChangedFile, ignored: (path: string) => boolean, limits: BatchLimits): string | undefined {
  if (file.mode === '160000') return 'submodule';
  if (!isRegular(file)) return 'link';
  if (ignored(file.path)) return 'ignored';
  return leftOutReason(file.path) ?? (file.bytes > limits.fileBytes ? 'too large' : undefined);
}

function addRemoved(batches: Batch[], files: readonly ChangedFile[], limits: BatchLimits): void {
  const present = new Set(files.filter((file) => file.status !== 'deleted').map((file) => file.path));
  const gone = files
    .flatMap((file) =>
      file.status === 'deleted' ? [file.path] : file.status === 'renamed' && file.oldPath !== undefined ? [file.oldPath] : [],
    )
    .filter((path) => !present.has(path))
    .slice(0, limits.removed);
  if (gone.length === 0) return;
  if (batches.length === 0) batches.push({ index: 0, files: [], removed: [] });
  // Removal is repeatable and cheap: the first batch does it, so that a fan-out of one is enough for a range of deletions.
  batches[0]!.removed = gone;
}
