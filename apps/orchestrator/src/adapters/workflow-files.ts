import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { type AetError, NotFound, type WorkflowDocument, WorkflowInvalid, type WorkflowList } from '@aet/contracts';
import { LRUCache } from 'lru-cache';
import { WorkflowCatalog } from '../application/ports.js';
import { parseWorkflow } from '@aet/runs';

/** A file as it was read: its workflow, or why it has none. */
type Read = { file: string; workflow: WorkflowDocument } | { file: string; error: AetError };

/** Workflow files in folders; of two with one name the first folder's wins. A changed file is read again when it is next asked for. */
export class WorkflowFiles extends WorkflowCatalog {
  private readonly cache = new LRUCache<string, { stamp: string; read: Read }>({ max: 1000 });

  /** @param onProblems gets the problems of all invalid files at each reading; none: an empty list */
  constructor(
    private readonly folders: readonly string[],
    private readonly onProblems: (problems: readonly AetError[]) => void,
  ) {
    super();
  }

  async list(): Promise<WorkflowList['workflows']> {
    const workflows = [...(await this.valid()).values()];
    return workflows.map((document) => ({
      name: document.name,
      ...(document.description === undefined ? {} : { description: document.description }),
      document,
    }));
  }

  async find(name: string): Promise<WorkflowDocument> {
    const read = await this.readAll();
    const found = byName(read).get(name);
    if (found !== undefined) return found;
    const broken = read.find((entry) => 'error' in entry && basename(entry.file, extname(entry.file)) === name);
    if (broken !== undefined && 'error' in broken) throw broken.error;
    const known = [...byName(read).keys()].join(', ') || 'none';
    throw new NotFound(
      `there is no workflow "${name}"; there are: ${known}. Put ${name}.yaml into one of ${this.folders.join(', ')}`,
    );
  }

  private async valid(): Promise<Map<string, WorkflowDocument>> {
    return byName(await this.readAll());
  }

  private async readAll(): Promise<Read[]> {
    const files = (await Promise.all(this.folders.map(filesIn))).flat();
    const read = await Promise.all(files.map((file) => this.read(file)));
    this.onProblems(read.flatMap((entry) => ('error' in entry ? [entry.error] : [])));
    return read;
  }

  private async read(file: string): Promise<Read> {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      const known = this.cache.get(file);
      if (known?.stamp === stamp) return known.read;
      const read = parsed(file, await readFile(file, 'utf8'));
      this.cache.set(file, { stamp, read });
      return read;
    } catch (error) {
      return { file, error: new WorkflowInvalid(`${file} cannot be read: ${(error as Error).message}`, { cause: error }) };
    }
  }
}

const parsed = (file: string, text: string): Read => {
  try {
    return { file, workflow: parseWorkflow(text, file) };
  } catch (error) {
    if (error instanceof WorkflowInvalid) return { file, error };
    throw error;
  }
};

const byName = (read: readonly Read[]): Map<string, WorkflowDocument> =>
  read.reduce((found, entry) => {
    if ('workflow' in entry && !found.has(entry.workflow.name)) found.set(entry.workflow.name, entry.workflow);
    return found;
  }, new Map<string, WorkflowDocument>());

/** A folder that does not exist has no files. */
async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .toSorted()
    .map((name) => join(folder, name));
}
