import type { ArtifactRef } from '@aet/contracts';

/**
 * Files that runs leave behind, by run and name. `put` resolves when all of it is stored; the same content again is a no-op,
 * other content under the same name replaces it. A reader checks the digest: a damaged artifact is an error, never a short read.
 */
export abstract class ArtifactStore {
  abstract put(runId: string, name: string, content: Uint8Array, mediaType: string): Promise<ArtifactRef>;
  /** @throws {NotFound} */
  abstract get(runId: string, name: string): Promise<{ ref: ArtifactRef; content: Uint8Array }>;
  abstract list(runId: string): Promise<ArtifactRef[]>;
}
