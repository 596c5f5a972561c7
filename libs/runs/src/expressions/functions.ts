import type { Budget } from './budget.js';
import { arityProblem, checkTypes, type ExpressionFunction } from './function-signature.js';
import { listFunctions } from './list-functions.js';
import { numberFunctions } from './number-functions.js';
import { objectFunctions } from './object-functions.js';
import { textFunctions } from './text-functions.js';
import type { Json } from './values.js';

const TABLE: ReadonlyMap<string, ExpressionFunction> = new Map(
  Object.entries({ ...listFunctions, ...numberFunctions, ...objectFunctions, ...textFunctions }),
);

/** All of them, in the order of the alphabet. */
export const EXPRESSION_FUNCTIONS: readonly string[] = [...TABLE.keys()].toSorted();

/** Why a call can never be right, as far as its text says; nothing when it may be. */
export function callProblem(name: string, args: number): string | undefined {
  const found = TABLE.get(name);
  if (found === undefined) return `there is no function ${name}(); there are: ${EXPRESSION_FUNCTIONS.join(', ')}`;
  return arityProblem(name, found, args);
}

/** Whether the function applies an expression, `&name`, as its argument number `at`, from 0. */
export const takesExpression = (name: string, at: number): boolean =>
  TABLE.get(name)?.parameters[at]?.types.includes('expression') === true;

/** @throws on arguments of other types, and on a result that is no JSON */
export function callFunction(name: string, args: readonly Json[], budget: Budget): Json {
  const found = TABLE.get(name);
  if (found === undefined) throw new Error(`there is no function ${name}()`);
  checkTypes(name, found, args, budget);
  const result = found.apply(args, budget);
  if (typeof result === 'number' && !Number.isFinite(result)) throw new Error(`${name}() gives no number`);
  return result ?? null;
}
