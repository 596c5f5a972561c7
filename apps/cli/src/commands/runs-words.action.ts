import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { ConsoleOutput } from '../adapters/console-output.js';
import { type RunAct, RunsClient } from '../adapters/runs-client.js';
import { parseValue } from '../domain/run-inputs.js';
import { ExitCode } from './command-context.js';
import { operatorGateway } from './queue.action.js';
import { givenInputs } from './given-inputs.js';
import { followAccepted } from './run.action.js';
import type { AgainOptions, SignalOptions, WordOptions } from './runs-words.command.js';

/** Who sits here, by the name that approvers are known by. */
export const wordOf = ({ by, reason }: { by?: string; reason?: string }): { by: string; reason?: string } => ({
  by: by ?? userInfo().username,
  ...(reason === undefined ? {} : { reason }),
});

export const runsClient = (options: { cell?: string }, named: string | undefined): RunsClient =>
  new RunsClient(operatorGateway(options, named));

export async function sayToRun(
  act: RunAct,
  run: string,
  fields: object,
  options: WordOptions,
  named: string | undefined,
): Promise<number> {
  const client = runsClient(options, named);
  const runId = await client.idOf(run);
  return show(await client.act(act, runId, { ...wordOf(options), ...fields }), options);
}

export async function redriveRun(run: string, options: WordOptions, named: string | undefined): Promise<number> {
  const client = runsClient(options, named);
  return show(await client.redrive(await client.idOf(run), wordOf(options)), options);
}

/** The id is made once: the request may go out again. */
export function signalRun(run: string, name: string, options: SignalOptions, named: string | undefined): Promise<number> {
  const { id = `cli-${randomUUID()}`, payload } = options;
  const fields = { name, id, ...(payload === undefined ? {} : { payload: parseValue(payload) }) };
  return sayToRun('signal', run, fields, options, named);
}

export async function beginAgain(
  how: 'rerun' | 'fork',
  run: string,
  place: object,
  options: AgainOptions,
  named: string | undefined,
): Promise<number> {
  const client = runsClient(options, named);
  const inputs = givenInputs(options);
  const { key = `cli-${randomUUID()}`, priority } = options;
  const accepted = await client.begin(how, await client.idOf(run), {
    ...wordOf(options),
    ...place,
    ...(Object.keys(inputs).length === 0 ? {} : { inputs }),
    ...(priority === undefined ? {} : { priority }),
    idempotencyKey: key,
  });
  return followAccepted(accepted, options, named);
}

function show(acted: { runId: string; status: string; changed: boolean }, { json }: { json?: boolean }): number {
  const output = new ConsoleOutput();
  if (json === true) output.json(acted);
  else output.result(`run ${acted.runId} is ${acted.status}${acted.changed ? '' : '; nothing has changed, it was so before'}`);
  return ExitCode.Done;
}
