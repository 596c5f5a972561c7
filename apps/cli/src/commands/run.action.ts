import { Lane, type RunAccepted, RunStatus, type RunView, type SubmitRun } from '@aet/contracts';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { ConsoleOutput } from '../adapters/console-output.js';
import type { GatewayClient } from '../adapters/gateway-client.js';
import { RunningFleet } from '../adapters/running-fleet.js';
import { watchRun } from '../adapters/run-watch.js';
import { duration } from '../domain/durations.js';
import { oneTask } from '../domain/one-task.js';
import { startOf } from '../domain/start-at.js';
import { isWorkflowFile } from '../domain/workflow-file.js';
import { ExitCode } from './command-context.js';
import type { CreateOptions } from './create.command.js';
import { givenInputs } from './given-inputs.js';
import { projectFolder } from './project-folder.js';
import type { SubmitOptions } from './run.command.js';

/** A submit waits so long for a gateway that restarts. */
const SUBMIT_PATIENCE_MS = 30_000;
/** Who follows has time. */
const FOLLOW_PATIENCE_MS = 120_000;

export async function runWorkflow(what: string, options: SubmitOptions, named: string | undefined): Promise<number> {
  const inputs = givenInputs(options);
  if (!isWorkflowFile(what)) return submit({ workflow: what, inputs }, options, named);
  const { workflowFromFile } = await import('../adapters/workflow-lookup.js');
  return submit({ document: workflowFromFile(resolve(what), what), inputs }, options, named);
}

export async function createTask(capability: string, options: CreateOptions, named: string | undefined): Promise<number> {
  const lane = options.lane ?? (await laneFrom(options.agent, named));
  const task = givenInputs(options);
  const document = oneTask({
    capability,
    inputs: Object.keys(task),
    ...(options.agent === undefined ? {} : { agent: options.agent }),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    ...(options.delay === undefined ? {} : { delay: options.delay }),
    ordered: options.orderKey !== undefined,
  });
  const inputs = { task, ...(options.orderKey === undefined ? {} : { orderKey: options.orderKey }) };
  return submit({ document, inputs }, { ...options, ...(lane === undefined ? {} : { lane }) }, named);
}

/** What the agent's file says, where nothing was said. */
async function laneFrom(agent: string | undefined, named: string | undefined): Promise<Lane | undefined> {
  if (agent === undefined) return undefined;
  const { laneOfAgent } = await import('../adapters/agent-lane.js');
  return laneOfAgent(projectFolder(named), agent);
}

async function submit(
  wish: Pick<SubmitRun, 'workflow' | 'document' | 'inputs'>,
  given: SubmitOptions,
  named: string | undefined,
): Promise<number> {
  const fleet = new RunningFleet(projectFolder(named));
  fleet.record();
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  // Who works in real time waits for the result.
  const options = given.lane === Lane.RealTime ? { ...given, follow: true } : given;
  const patienceMs = options.follow === true ? FOLLOW_PATIENCE_MS : SUBMIT_PATIENCE_MS;
  const gateway = fleet.gateway({
    patienceMs,
    signal: interrupted.signal,
    ...(options.cell === undefined ? {} : { cell: options.cell }),
  });
  const accepted = await gateway.submit({
    ...wish,
    idempotencyKey: options.key ?? `cli-${randomUUID()}`,
    submittedBy: 'aet',
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(options.lane === undefined ? {} : { lane: options.lane }),
    ...startOf(options, new Date()),
  });
  return followed(gateway, accepted, options, interrupted.signal);
}

/** A run that another command began: its id, or with `--follow` its way to the end. */
export async function followAccepted(accepted: RunAccepted, options: FollowOptions, named: string | undefined): Promise<number> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const fleet = new RunningFleet(projectFolder(named));
  const gateway = fleet.gateway({
    patienceMs: FOLLOW_PATIENCE_MS,
    signal: interrupted.signal,
    ...(options.cell === undefined ? {} : { cell: options.cell }),
  });
  return followed(gateway, accepted, options, interrupted.signal);
}

async function followed(
  gateway: GatewayClient,
  accepted: RunAccepted,
  options: FollowOptions,
  signal: AbortSignal,
): Promise<number> {
  const output = new ConsoleOutput();
  if (options.follow !== true) {
    if (options.json === true) output.json(accepted);
    else output.result(accepted.runId);
    return ExitCode.Done;
  }
  output.note(`run ${accepted.runId}`);
  try {
    return show(await watchRun(gateway, accepted.runId, output, signal), options, output);
  } catch (error) {
    if (!signal.aborted) throw error;
    output.note(`not following any more; the run goes on: aet trace ${accepted.runId}`);
    return ExitCode.Interrupted;
  }
}

type FollowOptions = Pick<SubmitOptions, 'follow' | 'json' | 'cell'>;

function show(view: RunView, options: FollowOptions, output: ConsoleOutput): number {
  if (options.json === true) output.json(view);
  else if (view.status === RunStatus.Completed) output.result(JSON.stringify(view.output, undefined, 2));
  const took = duration(Date.parse(view.updatedAt) - Date.parse(view.submittedAt));
  if (view.status === RunStatus.Completed) {
    output.note(`completed in ${took}`);
    return ExitCode.Done;
  }
  const reason =
    view.error?.message ?? view.steps.find((step) => step.error !== undefined)?.error?.message ?? 'no reason was given';
  output.note(
    `error: the run ${view.status === RunStatus.Cancelled ? 'was cancelled' : 'failed'} after ${took}: ${reason} (see \`aet trace ${view.runId}\`)`,
  );
  return ExitCode.Failed;
}
