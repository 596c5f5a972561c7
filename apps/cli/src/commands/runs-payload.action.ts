import { Conflict, isPayloadRef, NotFound, type PayloadRef } from '@aet/contracts';
import { referencesIn, whole } from '@aet/runs';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { ConsoleOutput } from '../adapters/console-output.js';
import type { GatewayClient } from '../adapters/gateway-client.js';
import { RunsClient } from '../adapters/runs-client.js';
import { explainFolderError } from '../adapters/state-errors.js';
import { ExitCode } from './command-context.js';
import { operatorGateway } from './queue.action.js';
import type { RunsExportOptions } from './runs.command.js';

const SHA256 = /^[0-9a-f]{64}$/;

/** @param value a checksum, or a step */
export async function savePayload(
  run: string,
  value: string,
  options: RunsExportOptions,
  named: string | undefined,
): Promise<number> {
  const { output: file } = options;
  if (file !== undefined && existsSync(file)) throw isThere(file);
  const gateway = operatorGateway(options, named);
  const runId = await new RunsClient(gateway).idOf(run);
  const text = SHA256.test(value) ? await gateway.payload(runId, value) : await outputOf(gateway, runId, value);
  const output = new ConsoleOutput();
  if (file === undefined) output.result(text);
  else {
    await intoNewFile(text, file);
    if (options.json === true) output.json({ runId, file, bytes: Buffer.byteLength(text) });
    else output.result(`${value} of run ${runId} is in ${file}`);
  }
  return ExitCode.Done;
}

/** With what lies behind references, also within it, in their places. */
async function outputOf(gateway: GatewayClient, runId: string, step: string): Promise<string> {
  const { steps } = await gateway.run(runId);
  const found = steps.find(({ name }) => name === step);
  if (found === undefined) {
    const names = steps.map(({ name }) => name).join(', ');
    throw new NotFound(`run ${runId} has no step "${step}": give one of ${names}, or the checksum of a value`);
  }
  if (found.output === undefined) throw new NotFound(`step "${step}" of run ${runId} has no output (it is ${found.status})`);
  if (isPayloadRef(found.output)) return gateway.payload(runId, checksumOf(found.output));
  const loaded = new Map<string, unknown>();
  for (const ref of referencesIn(found.output))
    loaded.set(checksumOf(ref), JSON.parse(await gateway.payload(runId, checksumOf(ref))));
  return JSON.stringify(whole(found.output, loaded));
}

const checksumOf = ({ $payload }: PayloadRef): string => $payload.sha256;

/** The file is whole or not there; what was there is not touched. */
async function intoNewFile(text: string, file: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw isThere(file);
    await rm(file, { force: true });
    throw explainFolderError(Object.assign(error as Error, { path: file }));
  }
}

const isThere = (file: string): Conflict =>
  new Conflict(`${file} is there already and is not replaced: name another file, or move it away`);
