import type { Budget } from './budget.js';
import { type Json, typeOf, type TypeName } from './values.js';

/** `array<x>`: every element is one. */
type Accepts = TypeName | 'any' | 'array<number>' | 'array<string>' | 'array<array>';

export interface Parameter {
  types: readonly Accepts[];
  optional?: true;
  /** The last one may be repeated. */
  repeated?: true;
}

export interface ExpressionFunction {
  parameters: readonly Parameter[];
  /** The arguments as a tuple of what the parameters say. */
  apply(args: readonly Json[], budget: Budget): Json;
}

export const one = (...types: Accepts[]): Parameter => ({ types });
export const maybe = (...types: Accepts[]): Parameter => ({ types, optional: true });
export const many = (...types: Accepts[]): Parameter => ({ types, repeated: true });

/** A function of expressions; the types of the arguments have been checked when it is called. */
export const define = (parameters: readonly Parameter[], apply: ExpressionFunction['apply']): ExpressionFunction => ({
  parameters,
  apply,
});

/** What is wrong with a number of arguments; nothing when it is right. */
export function arityProblem(name: string, { parameters }: ExpressionFunction, given: number): string | undefined {
  const least = parameters.filter(({ optional }) => optional !== true).length;
  const most = parameters.at(-1)?.repeated === true ? Infinity : parameters.length;
  if (given >= least && given <= most) return undefined;
  const wanted = most === Infinity ? `at least ${least}` : least === most ? `${least}` : `${least} to ${most}`;
  return `${name}() takes ${wanted} argument${wanted === '1' || wanted === 'at least 1' ? '' : 's'}, and is given ${given}`;
}

/** @throws when an argument is of another type */
export function checkTypes(name: string, { parameters }: ExpressionFunction, args: readonly Json[], budget: Budget): void {
  for (const [at, value] of args.entries()) {
    const { types } = parameters[Math.min(at, parameters.length - 1)] ?? { types: [] };
    if (types.some((type) => isOf(value, type, budget))) continue;
    throw new Error(`${name}() takes ${types.join(' or ')} as argument ${at + 1}, and is given ${described(value)}`);
  }
}

function isOf(value: Json, type: Accepts, budget: Budget): boolean {
  if (type === 'any') return typeOf(value) !== 'expression';
  if (!type.startsWith('array<')) return typeOf(value) === type;
  if (!Array.isArray(value)) return false;
  budget.spend(value.length);
  const inner = type.slice('array<'.length, -1);
  return value.every((element) => typeOf(element) === inner);
}

const described = (value: Json): string => {
  const type = typeOf(value);
  if (!Array.isArray(value) || value.length === 0) return type;
  return `array<${[...new Set(value.slice(0, 100).map(typeOf))].join(' | ')}>`;
};
