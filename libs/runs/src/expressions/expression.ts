import { compile } from '@jmespath-community/jmespath';
import { AetError, ErrorCode, LARGEST_PAYLOAD_BYTES } from '@aet/contracts';
import { LRUCache } from 'lru-cache';
import { EXPRESSION_LIMIT, isCarried } from '../run/limits.js';
import { evaluationBudget } from './budget.js';
import { type Evaluation, type ExpressionTree, interpret } from './interpreter.js';
import { treeProblem } from './tree-problem.js';
import { PayloadNeeded, type Payloads } from './values.js';

export { isTruthy, PayloadNeeded, type Payloads } from './values.js';

/** What an expression may see. */
export interface Scope {
  inputs: Record<string, unknown>;
  /** Output of each finished step, by name; null for a skipped one. */
  steps: Record<string, unknown>;
  /** Inside a map. */
  item?: unknown;
  index?: number;
  /** In `collect`: the outputs of the fan-out. */
  items?: unknown;
  /** In `compensate`: the step's own. */
  output?: unknown;
}

export class ExpressionInvalid extends AetError {
  readonly code = ErrorCode.WorkflowInvalid;
  constructor(expression: string, problem: string) {
    const shown = expression.length > 120 ? `${expression.slice(0, 120)}…` : expression;
    super(`expression "${shown}": ${problem}`);
  }
}

const compiled = new LRUCache<string, ExpressionTree>({ max: 2000 });

/** The syntax tree of a JMESPath expression; compiled once. @throws {ExpressionInvalid} */
export function compileExpression(expression: string): ExpressionTree {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  if (expression.length > EXPRESSION_LIMIT)
    throw new ExpressionInvalid(expression, `is longer than ${EXPRESSION_LIMIT} characters: split the step in two`);
  const tree = parse(expression);
  const problem = treeProblem(tree);
  if (problem !== undefined) throw new ExpressionInvalid(expression, problem);
  compiled.set(expression, tree);
  return tree;
}

function parse(expression: string): ExpressionTree {
  try {
    return compile(expression);
  } catch (error) {
    throw new ExpressionInvalid(expression, `${(error as Error).message}: see https://jmespath.site for the syntax`);
  }
}

/**
 * The expression's value; what is not there is null. A reference to a value in the object store is a value like others until it is looked into.
 * @param payloads values of the object store that were loaded for this evaluation
 * @throws {ExpressionInvalid} on a type error, too much work or too large a result. @throws {PayloadNeeded} to be loaded
 */
export function evaluate(expression: string, scope: Scope, payloads?: Payloads, budget = evaluationBudget()): unknown {
  const value = valueOf(expression, compileExpression(expression), { root: scope, budget, payloads });
  if (!isCarried(value)) {
    throw new ExpressionInvalid(
      expression,
      `gives more than ${LARGEST_PAYLOAD_BYTES} bytes: select less, or let the step store an artifact`,
    );
  }
  return value;
}

function valueOf(expression: string, tree: ExpressionTree, evaluation: Evaluation): unknown {
  try {
    return interpret(tree, evaluation.root, evaluation) ?? null;
  } catch (error) {
    if (error instanceof PayloadNeeded) throw error;
    throw new ExpressionInvalid(expression, (error as Error).message);
  }
}
