import { workflowSchema } from '@aet/contracts';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { WorkflowProblem } from './workflow-problem.js';

let compiled: ValidateFunction | undefined;

/** What the JSON Schema says against a value. It is compiled for the first one, not while the service starts. */
export function shapeProblems(value: unknown): WorkflowProblem[] {
  compiled ??= new Ajv2020({ allErrors: true, strict: true, strictTypes: false }).compile(workflowSchema);
  return compiled(value) ? [] : (compiled.errors ?? []).flatMap(problem);
}

function problem(error: ErrorObject): WorkflowProblem[] {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties':
      return [{ path: [...path, String(params['additionalProperty'])], message: 'is not a known key here' }];
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
    default:
      // The pattern behind a bad property name is reported by `propertyNames` itself.
      return error.propertyName === undefined ? [{ path, message: described(error) }] : [];
  }
}

const described = (error: ErrorObject): string =>
  error.keyword === 'pattern' && error.schemaPath.includes('timeout')
    ? 'must be a number and a unit: 500ms, 30s, 5m, 2h'
    : (error.message ?? error.keyword);

const unescapePointer = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');
