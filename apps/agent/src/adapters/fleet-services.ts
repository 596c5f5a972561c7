import { type ArtifactRef, type IngestReport, KmRpc } from '@aet/contracts';
import type { ArtifactStore, RpcClient } from '@aet/messaging';
import type { EffectClaims, ExecutionServices } from '@aet/executors';

const INGEST_MS = 60_000;
const SEARCH_MS = 10_000;

/** The fleet as executors see it: knowledge through the Knowledge Manager, files through the artifact store. */
export class FleetServices implements ExecutionServices {
  constructor(
    private readonly rpc: RpcClient,
    private readonly artifacts: ArtifactStore,
    readonly effects: EffectClaims,
    readonly batches: NonNullable<ExecutionServices['batches']>,
  ) {}

  ingest(
    project: string,
    documents: { path: string; content: string; revision?: string }[],
    removed: string[],
    signal: AbortSignal,
  ): Promise<IngestReport> {
    return this.rpc.call(KmRpc.ingest, { project, documents, removed }, { timeoutMs: INGEST_MS, signal });
  }

  async search(project: string, query: string, limit: number, signal: AbortSignal) {
    const { hits } = await this.rpc.call(KmRpc.search, { project, query, limit }, { timeoutMs: SEARCH_MS, signal });
    return hits;
  }

  putArtifact(runId: string, name: string, content: Uint8Array, mediaType: string): Promise<ArtifactRef> {
    return this.artifacts.put(runId, name, content, mediaType);
  }
}
