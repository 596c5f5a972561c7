import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from './atomic-file.js';
import type { GatewayClient } from './gateway-client.js';
import { explainFolderError } from './state-errors.js';

export interface ReportFiles {
  markdown: string;
  json: string;
}

/** Fetches a review's report from the artifacts of its run into the project's reports. @throws {FolderRefused} */
export async function saveReport(
  gateway: GatewayClient,
  runId: string,
  names: { markdown: string; json: string },
  folder: string,
): Promise<ReportFiles> {
  const save = async (artifact: string, extension: string): Promise<string> => {
    const content = await gateway.artifact(runId, artifact);
    const path = join(folder, `review-${runId}.${extension}`);
    writeFileAtomic(path, Buffer.from(content).toString('utf8'));
    return path;
  };
  try {
    mkdirSync(folder, { recursive: true });
    return { markdown: await save(names.markdown, 'md'), json: await save(names.json, 'json') };
  } catch (error) {
    throw explainFolderError(error);
  }
}
