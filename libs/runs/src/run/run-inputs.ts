import { isPayloadRef, ValidationFailed, type Violation, type WorkflowDocument, type WorkflowInput } from '@aet/contracts';
import { opened, type Payloads } from '../expressions/values.js';

const isType: Record<WorkflowInput['type'], (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: (value) => Array.isArray(value),
};

/** A sentence when the value does not have the type. */
export const inputTypeProblem = (type: WorkflowInput['type'], value: unknown): string | undefined =>
  isType[type](value)
    ? undefined
    : `must be of type ${type}, and is ${value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`}`;

/** The inputs of a run: given ones checked, missing ones from their defaults, null where neither is. @throws {ValidationFailed} with every problem. @throws {PayloadNeeded} */
export function resolveInputs(
  workflow: WorkflowDocument,
  given: Record<string, unknown>,
  payloads?: Payloads,
): Record<string, unknown> {
  const declared = workflow.inputs ?? {};
  const violations: Violation[] = Object.keys(given)
    .filter((name) => !Object.hasOwn(declared, name))
    .map((name) => ({
      path: `inputs.${name}`,
      rule: 'unknown',
      message: `${workflow.name} has no input "${name}"; it has: ${Object.keys(declared).join(', ') || 'none'}`,
    }));
  const resolved = Object.entries(declared).map(([name, input]): [string, unknown] => {
    const value = Object.hasOwn(given, name) && given[name] !== null ? given[name] : input.default;
    const problem = inputProblem(input, opened(value, payloads));
    if (problem !== undefined)
      violations.push({
        path: `inputs.${name}`,
        rule: value === undefined ? 'required' : 'type',
        message: `input "${name}" ${problem}`,
      });
    return [name, value ?? null];
  });
  if (violations.length > 0)
    throw new ValidationFailed(`inputs of ${workflow.name}: ${violations.map(({ message }) => message).join('; ')}`, violations);
  return Object.fromEntries(resolved);
}

function inputProblem(input: WorkflowInput, value: unknown): string | undefined {
  // What lies behind a reference is looked at by whoever reads it.
  if (isPayloadRef(value)) return undefined;
  if (value !== undefined && value !== null) return inputTypeProblem(input.type, value);
  return input.required === true ? 'is required' : undefined;
}
