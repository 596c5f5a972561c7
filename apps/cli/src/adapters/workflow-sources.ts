import { loadConfig } from '@aet/config';
import { NotFound, type WorkflowDocument, WorkflowInvalid } from '@aet/contracts';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isWorkflowFile, WORKFLOW_ENDING } from '../domain/workflow-file.js';
import { workflowFromFile, WorkflowLookup } from './workflow-lookup.js';

/** A file of the project or of what is shipped: its workflow, or why it has none. */
export interface ListedWorkflow {
  file: string;
  document?: WorkflowDocument;
  error?: WorkflowInvalid | NotFound;
}

/** A file's text, and how it was named. */
export interface SourceText {
  file: string;
  text: string;
}

/** Workflows by file or by name; names are looked up where an orchestrator of the project looks. */
export class WorkflowSources {
  private readonly folders: readonly string[];
  private readonly lookup: WorkflowLookup;

  /** @throws {ConfigInvalid} */
  constructor(project: string) {
    this.folders = loadConfig({ cwd: project, env: process.env }).config.runs.workflowDirs;
    this.lookup = new WorkflowLookup(this.folders);
  }

  /** @throws {NotFound} naming what there is. @throws {WorkflowInvalid} */
  read(what: string): WorkflowDocument {
    if (isWorkflowFile(what)) return workflowFromFile(resolve(what), what);
    const found = this.find(what);
    if (found !== undefined) return found;
    const known = [...new Set(this.lookup.names())].join(', ') || 'none';
    throw new NotFound(`there is no workflow "${what}"; there are: ${known}. Name a file by its path, such as ./${what}.yaml`);
  }

  /** Of what was named by its file: for the places of problems. */
  textOf(what: string): SourceText | undefined {
    return isWorkflowFile(what) ? { file: what, text: readFileSync(resolve(what), 'utf8') } : undefined;
  }

  find(name: string): WorkflowDocument | undefined {
    return this.lookup.find(name);
  }

  /** One for each name, and each file that is not valid. */
  list(): ListedWorkflow[] {
    const names = new Set<string>();
    return this.folders.flatMap(filesIn).flatMap((file) => {
      const listed = readListed(file);
      if (listed.document === undefined) return [listed];
      if (names.has(listed.document.name)) return [];
      names.add(listed.document.name);
      return [listed];
    });
  }
}

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => WORKFLOW_ENDING.test(name))
        .toSorted()
        .map((name) => join(folder, name))
    : [];

function readListed(file: string): ListedWorkflow {
  try {
    return { file, document: workflowFromFile(file) };
  } catch (error) {
    if (error instanceof WorkflowInvalid || error instanceof NotFound) return { file, error };
    throw error;
  }
}
