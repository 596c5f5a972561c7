import { NotFound, type WorkflowDocument } from '@aet/contracts';
import { parseWorkflow } from '@aet/runs';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Workflows of the folders that the configuration names; of two with one name the first folder's wins. */
export class WorkflowLookup {
  constructor(private readonly folders: readonly string[]) {}

  /** Undefined: there is none. @throws {WorkflowInvalid} */
  find(name: string): WorkflowDocument | undefined {
    for (const folder of this.folders) {
      const files = filesIn(folder);
      // Most files have the name of their workflow: the others are read only when none does.
      const own = files.filter((file) => ENDINGS.some((ending) => file === `${name}${ending}`));
      for (const file of [...own, ...files.filter((other) => !own.includes(other))]) {
        const found = readWorkflow(join(folder, file), own.includes(file));
        if (found?.name === name) return found;
      }
    }
    return undefined;
  }

  names(): string[] {
    return this.folders.flatMap((folder) => filesIn(folder).map((file) => file.replace(/\.\w+$/, '')));
  }
}

const ENDINGS = ['.yaml', '.yml', '.json'];

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => ENDINGS.some((ending) => name.endsWith(ending)))
        .toSorted()
    : [];

/** Of a file that is looked at on the way, an error is its owner's to see. */
function readWorkflow(path: string, meant: boolean): WorkflowDocument | undefined {
  try {
    return parseWorkflow(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (meant) throw error;
    return undefined;
  }
}

/** @param shown how errors name the file. @throws {NotFound | WorkflowInvalid} */
export function workflowFromFile(path: string, shown = path): WorkflowDocument {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new NotFound(`${shown} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return parseWorkflow(text, shown);
}
