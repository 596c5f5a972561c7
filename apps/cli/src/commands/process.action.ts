import { LANES, type Lane, NotFound, RunStatus, Unavailable, ValidationFailed } from '@aet/contracts';
import { readFileSync } from 'node:fs';
import { ConsoleOutput } from '../adapters/console-output.js';
import { type DoneTask, doByFleet, doInProcess, fleetAnswers } from '../adapters/process-tasks.js';
import { RunningFleet } from '../adapters/running-fleet.js';
import { SimpleWorld, userName } from '../adapters/simple-world.js';
import type { Work } from '../domain/asked-work.js';
import { chooseMode, type Choice } from '../domain/choose-mode.js';
import { type AskedTask, tasksOfLines } from '../domain/task-lines.js';
import { ExitCode } from './command-context.js';
import { givenInputs } from './given-inputs.js';
import type { ProcessOptions } from './process.command.js';
import { projectFolder } from './project-folder.js';

export interface NamedWork extends Work {
  /** As it was asked for. */
  what: string;
}

export async function processTasks(
  tasks: readonly string[],
  options: ProcessOptions,
  named: string | undefined,
): Promise<number> {
  const output = new ConsoleOutput();
  const project = projectFolder(named);
  const world = new SimpleWorld(project);
  const works = worksOf(world, askedTasks(tasks), options);
  const fleet = new RunningFleet(project);
  const choice = choose(world, works, await fleetAnswers(fleet), options);
  output.note(`${choice.mode}: ${choice.why}`);
  const { mode, why, done } = await perform(choice, world, fleet, works, laneOf(options), output);
  if (options.json === true) output.json({ mode, why, tasks: done });
  else for (const task of done) output.result(JSON.stringify(task));
  const failed = done.filter(({ status }) => status !== RunStatus.Completed).length;
  output.note(`${done.length - failed} of ${done.length} completed`);
  if (done.some(({ interrupted }) => interrupted === true)) return ExitCode.Interrupted;
  return failed === 0 ? ExitCode.Done : ExitCode.Failed;
}

/** A fleet that goes away before it has anything is done without. */
async function perform(
  choice: Choice,
  world: SimpleWorld,
  fleet: RunningFleet,
  works: readonly NamedWork[],
  lane: Lane,
  output: ConsoleOutput,
): Promise<Choice & { done: DoneTask[] }> {
  if (choice.mode === 'full') {
    try {
      return { ...choice, done: await doByFleet(fleet, works, lane, output) };
    } catch (error) {
      const possible = chooseMode(
        works.map(({ document }) => document),
        circumstances(world, false),
      );
      if (!(error instanceof Unavailable) || 'impossible' in possible) throw error;
      output.note(`simple: ${error.message}`);
    }
  }
  const why = choice.mode === 'full' ? 'the fleet went away' : choice.why;
  return { mode: 'simple', why, done: await doInProcess(world, works, output) };
}

function choose(world: SimpleWorld, works: readonly NamedWork[], fleet: boolean, { parallel, simple }: ProcessOptions): Choice {
  if (parallel === true && simple === true)
    throw new ValidationFailed('--parallel and --simple exclude each other: give one, or none', []);
  const wish = parallel === true ? 'full' : simple === true ? 'simple' : undefined;
  const choice = chooseMode(
    works.map(({ document }) => document),
    { ...circumstances(world, fleet), ...(wish === undefined ? {} : { wish }) },
  );
  if ('impossible' in choice) throw new Unavailable(choice.impossible);
  return choice;
}

const circumstances = (world: SimpleWorld, fleet: boolean) => ({
  fleet,
  capabilities: new Set(world.roster.capabilities),
  host: world.host,
  user: userName(),
});

function laneOf({ lane = 'parallel' }: ProcessOptions): Lane {
  const found = LANES.find((known) => known === lane);
  if (found === undefined) throw new ValidationFailed(`there is no lane "${lane}": give one of ${LANES.join(', ')}`, []);
  return found;
}

function askedTasks(tasks: readonly string[]): AskedTask[] {
  return tasks.flatMap((task) => {
    if (!/\.(ndjson|jsonl)$/.test(task)) return [{ what: task, inputs: {} }];
    try {
      return tasksOfLines(readFileSync(task, 'utf8'), task);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
      throw new NotFound(`${task} cannot be read: ${(error as Error).message}`, { cause: error });
    }
  });
}

/** A capability that nobody here has may be one of the fleet's: it is found out by whoever does it. */
function worksOf(world: SimpleWorld, tasks: readonly AskedTask[], options: ProcessOptions): NamedWork[] {
  const common = givenInputs(options);
  return tasks.map((task) => {
    const agent = task.agent ?? options.agent;
    const inputs = { ...common, ...task.inputs };
    return { what: task.what, ...world.workOf(task.what, agent === undefined ? {} : { agent }, inputs, { elsewhere: true }) };
  });
}
