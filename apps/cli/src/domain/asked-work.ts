import { isToken, ValidationFailed, type WorkflowDocument } from '@aet/contracts';
import { oneTask } from './one-task.js';

/** What somebody asked for with one argument: a file with a workflow, a name, or a sentence. */
export type AskedWork = { kind: 'file'; path: string } | { kind: 'name'; name: string } | { kind: 'words'; text: string };

export function askedWork(text: string): AskedWork {
  const asked = text.trim();
  if (/\s/.test(asked)) return { kind: 'words', text: asked };
  if (/\.(ya?ml|json)$/.test(asked)) return { kind: 'file', path: asked };
  if (isToken(asked)) return { kind: 'name', name: asked };
  throw new ValidationFailed(
    `"${text}" is neither a capability, nor a workflow, nor a sentence: write a name such as secret-scan, a file such as release.yaml, or what shall be done in words, with --agent`,
    [{ path: 'what', rule: 'form', message: 'a name, a file, or a sentence' }],
  );
}

/** A workflow with the inputs for it. */
export interface Work {
  document: WorkflowDocument;
  inputs: Record<string, unknown>;
}

export interface TaskWish {
  capability: string;
  agent?: string;
  timeout?: string;
}

export function workOfTask({ capability, agent, timeout }: TaskWish, inputs: Record<string, unknown>): Work {
  const document = oneTask({
    capability,
    inputs: Object.keys(inputs),
    ...(agent === undefined ? {} : { agent }),
    ...(timeout === undefined ? {} : { timeout }),
  });
  return { document, inputs: { task: inputs } };
}
