import { type DtoClass, ValidationFailed, type Violation } from '@aet/contracts';
import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A payload as an instance of the request class. Empty counts as `{}`. @throws {ValidationFailed} with every violation by its path. */
export function readRequest<T extends object>(payload: Uint8Array, request: DtoClass<T>): T {
  const instance = plainToInstance(request, parse(payload));
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    // A class without rules, such as `Empty`, is not unknown: it just has no fields.
    forbidUnknownValues: false,
    validationError: { target: false, value: false },
  });
  if (errors.length === 0) return instance;
  const violations = errors.flatMap((error) => violationsOf(error, ''));
  throw new ValidationFailed(`the request is not valid: ${violations.map(({ message }) => message).join('; ')}`, violations);
}

function parse(payload: Uint8Array): object {
  if (payload.length === 0) return {};
  const value = parseJson(payload);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw notARequest('must be a JSON object');
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload)) as unknown;
  } catch (error) {
    throw notARequest(`must be JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const notARequest = (message: string): ValidationFailed =>
  new ValidationFailed(`the request ${message}`, [{ path: '', rule: 'json', message }]);

/** class-validator's tree, flat. A field that the class does not know has the rule `whitelistValidation`. */
function violationsOf(error: ValidationError, parent: string): Violation[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ path, rule, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => violationsOf(child, path))];
}
