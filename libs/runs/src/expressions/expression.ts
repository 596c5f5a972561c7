import { compile, type JSONValue } from '@jmespath-community/jmespath';
import { AetError, ErrorCode } from '@aet/contracts';
import { LRUCache } from 'lru-cache';
import { GuardedInterpreter } from './guarded-interpreter.js';
import { EXPRESSION_LIMIT, isPayload, PAYLOAD_LIMIT_BYTES } from '../run/limits.js';

export type ExpressionTree = ReturnType<typeof compile>;

/** What an expression may see. `item` and `index` exist inside a map only. */
export interface Scope {
  inputs: Record<string, unknown>;
  /** Output of each finished step, by name; null for a skipped one. */
  steps: Record<string, unknown>;
  item?: unknown;
  index?: number;
}

export class ExpressionInvalid extends AetError {
  readonly code = ErrorCode.WorkflowInvalid;
  constructor(expression: string, problem: string) {
    const shown = expression.length > 120 ? `${expression.slice(0, 120)}…` : expression;
    super(`expression "${shown}": ${problem}`);
  }
}

/** Its table of functions takes longer to build than most expressions to evaluate. */
const interpreter = new GuardedInterpreter();

const compiled = new LRUCache<string, ExpressionTree>({ max: 2000 });

/** The syntax tree of a JMESPath expression; compiled once. @throws {ExpressionInvalid} */
export function compileExpression(expression: string): ExpressionTree {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  if (expression.length > EXPRESSION_LIMIT)
    throw new ExpressionInvalid(expression, `is longer than ${EXPRESSION_LIMIT} characters: split the step in two`);
  const tree = parse(expression);
  compiled.set(expression, tree);
  return tree;
}

function parse(expression: string): ExpressionTree {
  let tree: ExpressionTree;
  try {
    tree = compile(expression);
  } catch (error) {
    throw new ExpressionInvalid(expression, `${(error as Error).message}: see https://jmespath.site for the syntax`);
  }
  if (uses(tree, 'LetExpression'))
    throw new ExpressionInvalid(expression, '`let` is not part of aet/workflow.v1: put the value into a step of its own');
  return tree;
}

const uses = (node: unknown, type: string): boolean =>
  typeof node === 'object' &&
  node !== null &&
  (('type' in node && node.type === type) || Object.values(node).some((child) => uses(child, type)));

/** The expression's value; what is not there is null. @throws {ExpressionInvalid} on a type error, too much work or too large a result. */
export function evaluate(expression: string, scope: Scope): unknown {
  const tree = compileExpression(expression);
  let value: unknown;
  try {
    value = interpreter.search(tree, scope as unknown as JSONValue) ?? null;
  } catch (error) {
    throw new ExpressionInvalid(expression, (error as Error).message);
  }
  if (!isPayload(value)) {
    throw new ExpressionInvalid(
      expression,
      `gives more than ${PAYLOAD_LIMIT_BYTES} bytes: select less, or let the step store an artifact`,
    );
  }
  return value;
}

/** JMESPath's truth: false, null, and an empty string, list or object are not. The number 0 is. */
export const isTruthy = (value: unknown): boolean =>
  !(
    value === false ||
    value === null ||
    value === undefined ||
    value === '' ||
    (typeof value === 'object' && Object.keys(value).length === 0)
  );
