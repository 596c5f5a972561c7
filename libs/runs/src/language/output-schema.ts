import { WorkflowInvalid } from '@aet/contracts';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { linearPattern } from './linear-pattern.js';
import { schemaProblem } from './schema-cost.js';
import { newValidator } from './schema-validator.js';

export type OutputSchema = Readonly<Record<string, unknown>>;

const compiled = new LRUCache<string, ValidateFunction>({ max: 500 });
/** A document is never changed in place: its text is looked up once. */
const validators = new WeakMap<OutputSchema, ValidateFunction>();

/**
 * The check of a step's outputs. A workflow may come from outside, so it takes time in proportion to the output, whatever the schema says:
 * patterns are matched in linear time, and a schema that unfolds without end is refused. `format` is a note, as the standard has it.
 * @throws {WorkflowInvalid} when it is no such schema
 */
export function compileOutputSchema(schema: OutputSchema): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const text = JSON.stringify(schema);
  const validate = compiled.get(text) ?? compile(schema);
  compiled.set(text, validate);
  validators.set(schema, validate);
  return validate;
}

/** Why an output is not what the schema says, and where; nothing when it is. @throws {WorkflowInvalid} */
export function outputProblem(schema: OutputSchema, output: unknown): string | undefined {
  const validate = compileOutputSchema(schema);
  if (validate(output)) return undefined;
  const [error] = validate.errors ?? [];
  const place = `output${(error?.instancePath ?? '').replaceAll('/', '.')}`;
  const key = error?.params['additionalProperty'] as string | undefined;
  return `${place} ${error?.message ?? 'does not match'}${key === undefined ? '' : ` (${key})`}`;
}

function compile(schema: OutputSchema): ValidateFunction {
  const problem = schemaProblem(schema);
  if (problem !== undefined) throw new WorkflowInvalid(problem);
  try {
    // An instance of its own: schemas with the same $id must not meet.
    return newValidator({
      strict: true,
      strictTypes: false,
      strictRequired: false,
      validateFormats: false,
      code: { regExp: linearPattern },
    }).compile(schema);
  } catch (error) {
    throw new WorkflowInvalid(`is no JSON Schema 2020-12: ${(error as Error).message}`, { cause: error });
  }
}
