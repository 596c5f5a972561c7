import type { compile } from '@jmespath-community/jmespath';
import type { Budget } from './budget.js';
import { callFunction } from './functions.js';
import { sliced } from './slice.js';
import { Applicable, isEqual, isTruthy, type Json, opened, type Payloads } from './values.js';

export type ExpressionTree = ReturnType<typeof compile>;
type Type = ExpressionTree['type'];
/** Some of the library's node types stand for several kinds. */
type Distributed<N, T extends Type> = N extends { type: unknown } ? (T extends N['type'] ? N : never) : never;
type NodeOf<T extends Type> = Distributed<ExpressionTree, T>;

/** One evaluation. */
export interface Evaluation {
  root: Json;
  budget: Budget;
  payloads: Payloads | undefined;
}
type Visit<T extends Type> = (node: NodeOf<T>, value: Json, evaluation: Evaluation) => Json;

/**
 * Evaluates a syntax tree. Ours and not the library's, because a workflow may come from outside: names are looked up on the object itself and never on
 * its prototype, all work is counted, data is never taken for an expression, and every replica gives the same value (see ADR 2).
 */
export function interpret(node: ExpressionTree, value: Json, evaluation: Evaluation): Json {
  evaluation.budget.spend(1);
  const visit = VISITS[node.type] as Visit<Type>;
  return visit(node, value, evaluation);
}

/** Looks inside: what lies in the object store is needed for that. */
const inside = (node: ExpressionTree, value: Json, evaluation: Evaluation): Json =>
  opened(interpret(node, value, evaluation), evaluation.payloads);

const holds = (node: ExpressionTree, value: Json, evaluation: Evaluation): boolean =>
  isTruthy(inside(node, value, evaluation), evaluation.budget);

/** Both in turn, whatever the left one gives. */
const chained: Visit<'Pipe' | 'IndexExpression'> = ({ left, right }, value, evaluation) =>
  interpret(right, interpret(left, value, evaluation), evaluation);

/** Null for each element is left out. */
function project(elements: readonly Json[], right: ExpressionTree, evaluation: Evaluation): Json[] {
  const found: Json[] = [];
  for (const element of elements) {
    const value = interpret(right, element, evaluation) ?? null;
    if (value !== null) found.push(value);
  }
  return found;
}

const never = (): never => {
  throw new Error('`let` is not part of the language');
};

const VISITS: { [T in Type]: Visit<T> } = {
  Field: ({ name }, value, { payloads }) => {
    const from = opened(value, payloads);
    if (typeof from !== 'object' || from === null || Array.isArray(from) || !Object.hasOwn(from, name)) return null;
    return (from as Record<string, Json>)[name] ?? null;
  },
  Index: ({ value: index }, value, { payloads }) => {
    const list = opened(value, payloads);
    return Array.isArray(list) ? ((list as Json[]).at(index) ?? null) : null;
  },
  Slice: (node, value, { payloads, budget }) => sliced(opened(value, payloads), node, budget),
  Subexpression: ({ left, right }, value, evaluation) => {
    const found = interpret(left, value, evaluation) ?? null;
    return found === null ? null : (interpret(right, found, evaluation) ?? null);
  },
  IndexExpression: chained,
  Pipe: chained,
  Projection: ({ left, right }, value, evaluation) => {
    const base = inside(left, value, evaluation);
    // `text[1:3]` is parsed as a projection too.
    if (typeof base === 'string' && left.type === 'IndexExpression' && left.right.type === 'Slice')
      return interpret(right, base, evaluation);
    return Array.isArray(base) ? project(base, right, evaluation) : null;
  },
  ValueProjection: ({ left, right }, value, evaluation) => {
    const base = inside(left, value, evaluation);
    if (typeof base !== 'object' || base === null || Array.isArray(base)) return null;
    const values = Object.values(base);
    evaluation.budget.spend(values.length);
    return project(values, right, evaluation);
  },
  FilterProjection: ({ left, right, condition }, value, evaluation) => {
    const base = inside(left, value, evaluation);
    if (!Array.isArray(base)) return null;
    return project(
      (base as Json[]).filter((element) => holds(condition, element, evaluation)),
      right,
      evaluation,
    );
  },
  Flatten: ({ child }, value, evaluation) => {
    const list = inside(child, value, evaluation);
    if (!Array.isArray(list)) return null;
    const elements = (list as Json[]).map((element) => opened(element, evaluation.payloads));
    evaluation.budget.spend(elements.reduce<number>((sum, element) => sum + (Array.isArray(element) ? element.length : 1), 0));
    return elements.flat();
  },
  Ternary: ({ condition, trueExpr, falseExpr }, value, evaluation) =>
    interpret(holds(condition, value, evaluation) ? trueExpr : falseExpr, value, evaluation),
  OrExpression: ({ left, right }, value, evaluation) => {
    const first = interpret(left, value, evaluation);
    return isTruthy(opened(first, evaluation.payloads), evaluation.budget) ? first : interpret(right, value, evaluation);
  },
  AndExpression: ({ left, right }, value, evaluation) => {
    const first = interpret(left, value, evaluation);
    return isTruthy(opened(first, evaluation.payloads), evaluation.budget) ? interpret(right, value, evaluation) : first;
  },
  NotExpression: ({ child }, value, evaluation) => !holds(child, value, evaluation),
  Comparator: ({ name, left, right }, value, evaluation) => {
    const [a, b] = [inside(left, value, evaluation), inside(right, value, evaluation)];
    if (name === 'EQ' || name === 'NE') return isEqual(a, b, evaluation.budget) === (name === 'EQ');
    return typeof a === 'number' && typeof b === 'number' ? COMPARISONS[name](a, b) : null;
  },
  Arithmetic: ({ operator, left, right }, value, evaluation) =>
    calculated(operator, numberOf(inside(left, value, evaluation)), numberOf(inside(right, value, evaluation))),
  Unary: ({ operator, operand }, value, evaluation) => {
    const number = numberOf(inside(operand, value, evaluation));
    return operator === 'Minus' ? -number : number;
  },
  MultiSelectList: ({ children }, value, evaluation) => children.map((child) => interpret(child, value, evaluation) ?? null),
  MultiSelectHash: ({ children }, value, evaluation) =>
    Object.fromEntries(children.map((pair) => [pair.name, interpret(pair.value, value, evaluation) ?? null])),
  Function: ({ name, children }, value, evaluation) =>
    callFunction(
      name,
      children.map((child) => inside(child, value, evaluation)),
      evaluation.budget,
    ),
  ExpressionReference: ({ child }, _value, evaluation) => new Applicable((element) => inside(child, element, evaluation)),
  Literal: ({ value }) => value,
  Root: (_node, _value, { root }) => root,
  Current: (_node, value) => value,
  Identity: (_node, value) => value,
  LetExpression: never,
  Binding: never,
  Variable: never,
};

const COMPARISONS = {
  GT: (a: number, b: number) => a > b,
  GTE: (a: number, b: number) => a >= b,
  LT: (a: number, b: number) => a < b,
  LTE: (a: number, b: number) => a <= b,
} as const;

function numberOf(value: Json): number {
  if (typeof value !== 'number')
    throw new Error(`a calculation needs numbers, and one of them is ${value === null ? 'null' : `a ${typeof value}`}`);
  return value;
}

/** JSON has no infinity: it would be null in the log, and another value in memory. */
function calculated(operator: NodeOf<'Arithmetic'>['operator'], a: number, b: number): number {
  const result = CALCULATIONS[operator](a, b);
  if (!Number.isFinite(result)) throw new Error('a calculation gives no number: it divides by zero, or is too large');
  return result;
}

const times = (a: number, b: number): number => a * b;
const CALCULATIONS: Record<NodeOf<'Arithmetic'>['operator'], (a: number, b: number) => number> = {
  Plus: (a, b) => a + b,
  Minus: (a, b) => a - b,
  Multiply: times,
  Star: times,
  Divide: (a, b) => a / b,
  Modulo: (a, b) => a % b,
  Div: (a, b) => Math.floor(a / b),
};
