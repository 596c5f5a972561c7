import { ValidationFailed } from '@aet/contracts';
import type { RunCommand } from '@aet/runs';
import { ConsoleOutput } from '../adapters/console-output.js';
import { Interrupted, printEnd, runSession, type SessionEnd } from '../adapters/simple-session.js';
import { SimpleFiles } from '../adapters/simple-files.js';
import { SimpleWorld, userName } from '../adapters/simple-world.js';
import { explainFolderError } from '../adapters/state-errors.js';
import { ExitCode } from './command-context.js';
import { givenInputs } from './given-inputs.js';
import { projectFolder } from './project-folder.js';
import type { SimpleOptions } from './simple.command.js';

export async function simple(what: string | undefined, options: SimpleOptions, named: string | undefined): Promise<number> {
  const project = projectFolder(named);
  const output = new ConsoleOutput();
  const json = options.json === true;
  if (options.show !== undefined || options.list === true || options.export !== undefined)
    return look(new SimpleFiles(project), options, output);
  try {
    const world = new SimpleWorld(project);
    const ended = await perform(world, what, options, output);
    const done = printEnd(world, ended, output, json);
    if (ended.interrupted) return ExitCode.Interrupted;
    return done ? ExitCode.Done : ExitCode.Failed;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw explainFolderError(error);
    output.note(error.message);
    return ExitCode.Interrupted;
  }
}

async function perform(
  world: SimpleWorld,
  what: string | undefined,
  options: SimpleOptions,
  output: ConsoleOutput,
): Promise<SessionEnd> {
  if (options.resume !== undefined) {
    world.files.read(options.resume);
    return runSession(world, { resume: options.resume, commands: commandsOf(options) }, output);
  }
  if (what === undefined)
    throw new ValidationFailed('say what shall be done: a capability, a workflow, or a sentence with --agent', []);
  const { agent, timeout } = options;
  const wish = { ...(agent === undefined ? {} : { agent }), ...(timeout === undefined ? {} : { timeout }) };
  const work = world.workOf(what, wish, givenInputs(options));
  return runSession(world, { submission: await world.submission(work) }, output);
}

/** What is said to a run that waits. */
function commandsOf({ approve, reject, signal, reason }: SimpleOptions): RunCommand[] {
  const word = { by: userName(), ...(reason === undefined ? {} : { reason }) };
  const commands: RunCommand[] = [];
  if (approve !== undefined) commands.push({ kind: 'decide', step: approve, approved: true, ...word });
  if (reject !== undefined) commands.push({ kind: 'decide', step: reject, approved: false, ...word });
  if (signal !== undefined) {
    const [, name = signal, , text] = /^([^=]+)(=([\s\S]*))?$/.exec(signal) ?? [];
    commands.push({ kind: 'signal', name, id: crypto.randomUUID(), payload: valueOf(text), by: word.by });
  }
  return commands;
}

function valueOf(text: string | undefined): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

async function look(
  files: SimpleFiles,
  { show, export: exported, json = false }: SimpleOptions,
  output: ConsoleOutput,
): Promise<number> {
  const { exportSimpleRun, listSimpleRuns, showSimpleRun } = await import('../adapters/simple-show.js');
  if (show !== undefined) showSimpleRun(files, show, output, json);
  else if (exported !== undefined) for (const line of exportSimpleRun(files, exported)) output.result(line);
  else listSimpleRuns(files, output, json);
  return ExitCode.Done;
}
