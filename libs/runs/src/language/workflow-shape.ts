import { STEP_KINDS, type StepKind, workflowSchema } from '@aet/contracts';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { newValidator } from './schema-validator.js';
import { kindsOf } from './step-kind.js';
import type { Path, WorkflowProblem } from './workflow-problem.js';

interface Validators {
  document: ValidateFunction;
  step: (kind: StepKind) => ValidateFunction;
}
let compiled: Validators | undefined;

/**
 * What the JSON Schema says against a value. A step is held against the schema of its own kind: of a `oneOf` that fails, every branch would complain.
 * Compiled for the first value, not while the service starts.
 */
export function shapeProblems(value: unknown): WorkflowProblem[] {
  compiled ??= compile();
  const { document } = compiled;
  if (!document(value)) return problemsOf(document, []);
  const { steps } = value as { steps: Record<string, object> };
  return Object.entries(steps).flatMap(([name, step]) => stepProblems(name, step));
}

function compile(): Validators {
  const ajv = newValidator({ allErrors: true, strict: true, strictTypes: false });
  ajv.addSchema(workflowSchema);
  const steps = { ...workflowSchema.properties.steps, additionalProperties: { type: 'object' } };
  const { $id, $defs: _, ...rest } = workflowSchema;
  return {
    document: ajv.compile({ ...rest, properties: { ...rest.properties, steps } }),
    step: (kind) => ajv.getSchema(`${$id}#/$defs/${kind}`) as ValidateFunction,
  };
}

const KINDS = `${STEP_KINDS.slice(0, -1).join(', ')} and ${STEP_KINDS.at(-1) ?? ''}`;

function stepProblems(name: string, step: object): WorkflowProblem[] {
  const path = ['steps', name];
  const kinds = kindsOf(step);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    return [{ path, message: `a step has exactly one of ${KINDS}; this one has ${kinds.join(' and ') || noneOf(step)}` }];
  }
  const validate = (compiled ??= compile()).step(kind);
  return validate(step) ? [] : problemsOf(validate, path, kind);
}

const KNOWN_KEYS = new Set(STEP_KINDS.flatMap((kind) => Object.keys(workflowSchema.$defs[kind]['properties'] as object)));

/** A kind that is misspelt stands among the keys that no step has. */
function noneOf(step: object): string {
  const unknown = Object.keys(step).filter((key) => !KNOWN_KEYS.has(key));
  return unknown.length === 0 ? 'none' : `none, and has ${unknown.map((key) => `"${key}"`).join(', ')}, which no step has`;
}

/** Of `anyOf` and what lies in it only the innermost of the first complaint is told, else one slip would be told three times. */
const problemsOf = (validate: ValidateFunction, prefix: Path, kind?: StepKind): WorkflowProblem[] =>
  (validate.errors ?? []).filter((error) => !isOfBranch(error)).flatMap((error) => problem(error, prefix, kind));

const isOfBranch = ({ schemaPath }: ErrorObject): boolean => /\/anyOf\/\d+\//.test(schemaPath);

function problem(error: ErrorObject, prefix: Path, kind: StepKind | undefined): WorkflowProblem[] {
  const path = [...prefix, ...error.instancePath.split('/').slice(1).map(unescapePointer)];
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      return [{ path: [...path, key], message: unknownKey(key, path.length === prefix.length ? kind : undefined) }];
    }
    case 'propertyNames':
      return [
        {
          path: [...path, String(params['propertyName'])],
          message: 'is not a name: begin with a letter, then letters, digits, "_" or "-", 63 at most',
        },
      ];
    case 'enum':
      return [{ path, message: `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}` }];
    case 'const':
      return [{ path, message: `must be ${JSON.stringify(params['allowedValue'])}` }];
    case 'required':
      return [{ path, message: `needs the key "${String(params['missingProperty'])}"` }];
    case 'type':
      return [{ path, message: `must be ${anOr(params['type'])}` }];
    case 'anyOf':
      return [{ path, message: 'must be true, or an object with key, files and ttl' }];
    default:
      // The pattern behind a bad property name is reported by `propertyNames` itself.
      return error.propertyName === undefined ? [{ path, message: described(error) }] : [];
  }
}

function unknownKey(key: string, kind: StepKind | undefined): string {
  if (kind === undefined) return 'is not a known key here';
  const others = STEP_KINDS.filter((other) => key in (workflowSchema.$defs[other]['properties'] as object));
  const where = others.length === 0 ? '' : `: ${others.join(' and ')} steps have it`;
  return `is not a key of a ${kind} step${where}`;
}

const NOUNS: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};
const anOr = (type: unknown): string =>
  [type]
    .flat()
    .map((name) => NOUNS[String(name)] ?? String(name))
    .join(' or ');

const PATTERNS: readonly (readonly [part: string, message: string])[] = [
  ['ms|s|m|h', 'must be a number and a unit: 500ms, 30s, 5m, 2h'],
  ['%$', 'must be a whole number, or a share such as 60%'],
  ['[A-Za-z]', 'is not a name: begin with a letter, then letters, digits, "_" or "-", 63 at most'],
];

const described = (error: ErrorObject): string =>
  PATTERNS.find(([part]) => error.keyword === 'pattern' && String(error.params['pattern']).includes(part))?.[1] ??
  error.message ??
  error.keyword;

const unescapePointer = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');
