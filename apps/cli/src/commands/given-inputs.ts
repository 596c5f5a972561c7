import { NotFound } from '@aet/contracts';
import { readFileSync } from 'node:fs';
import { mergeInputs } from '../domain/run-inputs.js';

/** The inputs that a command line gives, from a file and one by one. @throws {ValidationFailed | NotFound} */
export function givenInputs({ inputs, input }: { inputs?: string; input?: string[] }): Record<string, unknown> {
  if (inputs === undefined) return mergeInputs(undefined, input ?? []);
  try {
    return mergeInputs({ name: inputs, text: readFileSync(inputs, 'utf8') }, input ?? []);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined || !(error instanceof Error) || !('errno' in error)) throw error;
    throw new NotFound(`${inputs} cannot be read: ${error.message}`, { cause: error });
  }
}
