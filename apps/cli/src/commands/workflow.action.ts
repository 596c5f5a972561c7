import { type AetError, NotFound, type WorkflowDocument, WorkflowInvalid } from '@aet/contracts';
import { checkLibrary, hashOf, located, mermaid, terminalGraph, toYaml, workflowGraph } from '@aet/runs';
import { ConsoleOutput } from '../adapters/console-output.js';
import { type SourceText, WorkflowSources } from '../adapters/workflow-sources.js';
import { table } from '../domain/table.js';
import { inputsTable, stepsTable } from '../domain/workflow-tables.js';
import { ExitCode } from './command-context.js';
import { projectFolder } from './project-folder.js';
import type { GraphOptions, WorkflowOptions } from './workflow.command.js';

/** Of a terminal that does not say. */
const USUAL_WIDTH = 100;

interface Verdict {
  what: string;
  name?: string;
  error?: WorkflowInvalid | NotFound;
}

export async function validateWorkflows(
  what: readonly string[],
  { json }: WorkflowOptions,
  named: string | undefined,
): Promise<number> {
  const sources = sourcesOf(named);
  const read = what.map((one) => ({ what: one, ...attempt(() => sources.read(one)) }));
  const given = new Map(read.flatMap(({ document }) => (document === undefined ? [] : [[document.name, document] as const])));
  const verdicts: Verdict[] = [];
  for (const { what: one, document, error } of read)
    verdicts.push(
      document === undefined
        ? { what: one, ...(error === undefined ? {} : { error }) }
        : {
            what: one,
            name: document.name,
            ...(await libraryVerdict(document, (name) => given.get(name) ?? sources.find(name), sources.textOf(one))),
          },
    );
  const valid = verdicts.every(({ error }) => error === undefined);
  showVerdicts(verdicts, valid, json === true);
  return valid ? ExitCode.Done : ExitCode.Failed;
}

function showVerdicts(verdicts: readonly Verdict[], valid: boolean, json: boolean): void {
  const output = new ConsoleOutput();
  if (json) {
    const workflows = verdicts.map(({ what, name, error }) => ({
      what,
      ...(name === undefined ? {} : { name }),
      valid: error === undefined,
      ...(error === undefined ? {} : { message: error.message, problems: problemsOf(error) }),
    }));
    output.json({ valid, workflows });
    return;
  }
  for (const { what, name, error } of verdicts) {
    if (error === undefined) output.result(`${what}: ${name ?? ''} is valid`);
    else output.note(error.message);
  }
}

/** With path, file, line and column. */
const problemsOf = ({ details }: AetError): unknown => (details as { problems?: unknown } | undefined)?.problems ?? [];

export async function showWorkflow(what: string, { json }: WorkflowOptions, named: string | undefined): Promise<number> {
  const sources = sourcesOf(named);
  const document = sources.read(what);
  const library = await checkLibrary(document, (name) => sources.find(name));
  const output = new ConsoleOutput();
  if (json === true) {
    const called = Object.fromEntries(Object.entries(library).map(([name, { hash }]) => [name, hash]));
    output.json({ document, hash: hashOf(document), calls: called });
    return ExitCode.Done;
  }
  output.result(`${document.name}  ${hashOf(document).slice(0, 12)}`);
  if (document.description !== undefined) output.result(document.description.trim());
  output.result(['', ...inputsTable(document), '', ...stepsTable(document), '', toYaml(document).trimEnd()].join('\n'));
  return ExitCode.Done;
}

export async function drawWorkflow(what: string, options: GraphOptions, named: string | undefined): Promise<number> {
  const document = sourcesOf(named).read(what);
  const output = new ConsoleOutput();
  if (options.json === true) output.json(workflowGraph(document));
  else if (options.mermaid === true) output.result(mermaid(document).trimEnd());
  else output.result(terminalGraph(document, { width: process.stdout.columns ?? USUAL_WIDTH }));
  return Promise.resolve(ExitCode.Done);
}

export async function listWorkflows({ json }: WorkflowOptions, named: string | undefined): Promise<number> {
  const listed = sourcesOf(named).list();
  const output = new ConsoleOutput();
  if (json === true) {
    output.json({
      workflows: listed.map(({ file, document, error }) => ({
        file,
        ...(document === undefined ? {} : { name: document.name, description: document.description ?? '' }),
        ...(error === undefined ? {} : { message: error.message }),
      })),
    });
  } else {
    const rows = listed.flatMap(({ file, document }) =>
      document === undefined ? [] : [[document.name, String(Object.keys(document.steps).length), file, firstSentence(document)]],
    );
    output.result(table(['workflow', 'steps', 'file', 'what it does'], rows, new Set([1])).join('\n'));
    for (const { error } of listed) if (error !== undefined) output.note(error.message);
  }
  return Promise.resolve(listed.some(({ error }) => error !== undefined) ? ExitCode.Failed : ExitCode.Done);
}

const sourcesOf = (named: string | undefined): WorkflowSources => new WorkflowSources(projectFolder(named));

const firstSentence = ({ description = '' }: WorkflowDocument): string =>
  /^.*?[.](?=\s|$)/s.exec(description.trim())?.[0] ?? description.trim();

/** What can be said against a workflow is data here; any other error goes through. */
function attempt(read: () => WorkflowDocument): { document?: WorkflowDocument; error?: WorkflowInvalid | NotFound } {
  try {
    return { document: read() };
  } catch (error) {
    if (error instanceof WorkflowInvalid || error instanceof NotFound) return { error };
    throw error;
  }
}

async function libraryVerdict(
  document: WorkflowDocument,
  find: (name: string) => WorkflowDocument | undefined,
  source: SourceText | undefined,
): Promise<{ error?: WorkflowInvalid }> {
  try {
    await checkLibrary(document, find);
    return {};
  } catch (error) {
    if (!(error instanceof WorkflowInvalid)) throw error;
    return { error: source === undefined ? error : located(error, source.text, source.file) };
  }
}
