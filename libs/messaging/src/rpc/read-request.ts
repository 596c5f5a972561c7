import { type DtoClass, isShallowJson, MAX_JSON_DEPTH, quickInstance, ValidationFailed, type Violation } from '@aet/contracts';
import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * A payload as an instance of the request class. Empty counts as `{}`. What is not accepted at a quick look is read by class-transformer and
 * class-validator, whose word counts. @throws {ValidationFailed} with every violation by its path.
 */
export function readRequest<T extends object>(payload: Uint8Array, request: DtoClass<T>): T {
  const value = payload.length === 0 ? {} : parseJson(payload);
  return quickInstance(value, request) ?? readCarefully(value, request);
}

function readCarefully<T extends object>(value: unknown, request: DtoClass<T>): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notARequest('must be a JSON object');
  if (!isShallowJson(value)) throw notARequest(`must not be nested deeper than ${MAX_JSON_DEPTH} levels`, 'depth');
  const { instance, errors } = checked(value, request);
  if (errors.length === 0) return instance;
  const violations = errors.flatMap((error) => violationsOf(error, ''));
  throw new ValidationFailed(`the request is not valid: ${violations.map(({ message }) => message).join('; ')}`, violations);
}

function checked<T extends object>(value: object, request: DtoClass<T>): { instance: T; errors: ValidationError[] } {
  try {
    const instance = plainToInstance(request, value);
    const errors = validateSync(instance, {
      whitelist: true,
      forbidNonWhitelisted: true,
      // A class without rules, such as `Empty`, is not unknown: it just has no fields.
      forbidUnknownValues: false,
      validationError: { target: false, value: false },
    });
    return { instance, errors };
  } catch (error) {
    // A field named `constructor` inside, or a text that a rule cannot read: both libraries throw at what they did not expect.
    throw notARequest(`cannot be read: ${error instanceof Error ? error.message : String(error)}`, 'unreadable');
  }
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload)) as unknown;
  } catch (error) {
    throw notARequest(`must be JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const notARequest = (message: string, rule = 'json'): ValidationFailed =>
  new ValidationFailed(`the request ${message}`, [{ path: '', rule, message }]);

/** class-validator's tree, flat. A field that the class does not know has the rule `whitelistValidation`. */
function violationsOf(error: ValidationError, parent: string): Violation[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ path, rule, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => violationsOf(child, path))];
}
