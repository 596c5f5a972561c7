import { PayloadTooLarge } from '@aet/contracts';
import { PAYLOAD_LIMIT_BYTES } from '../run/limits.js';
import { type Budget, evaluationBudget } from './budget.js';
import { evaluate, ExpressionInvalid, type Payloads, type Scope } from './expression.js';
import { opened } from './values.js';

/** A string of a template in pieces: plain text, and expressions without their `${{ }}`. */
export type Piece = { text: string } | { expression: string };

const OPEN = '${{';
const QUOTES = new Set(["'", '"', '`']);

/** @throws {ExpressionInvalid} when a `${{` has no end. */
export function splitTemplate(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf(OPEN, at);
    if (open < 0) break;
    const close = findClose(text, open + OPEN.length);
    if (close < 0) throw new ExpressionInvalid(text.slice(open), 'has no closing }}');
    if (open > at) pieces.push({ text: text.slice(at, open) });
    pieces.push({ expression: text.slice(open + OPEN.length, close).trim() });
    at = close + 2;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}

/** Where `}}` ends the expression: not inside quotes, and not where the braces belong to a JMESPath hash. */
function findClose(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const char = text.charAt(i);
    if (QUOTES.has(char)) i = endOfQuote(text, i);
    else if (char === '{') depth++;
    else if (char === '}' && depth > 0) depth--;
    else if (char === '}' && text.charAt(i + 1) === '}') return i;
  }
  return -1;
}

function endOfQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    if (text.charAt(i) === '\\') i++;
    else if (text.charAt(i) === text.charAt(open)) return i;
  }
  return text.length;
}

/** `when` and `over` are expressions with or without `${{ }}`. */
export function bareExpression(text: string): string {
  const [piece, ...more] = splitTemplate(text.trim());
  return piece !== undefined && more.length === 0 && 'expression' in piece ? piece.expression : text.trim();
}

/**
 * A template with every expression replaced by its value. A string that is exactly one expression keeps the value's type, and a reference to a value
 * in the object store; in a longer string values become text: null nothing, objects and lists JSON. Values are never expanded again.
 * @throws {ExpressionInvalid | PayloadTooLarge} when all expressions together take too much. @throws {PayloadNeeded}
 */
export const render = (template: unknown, scope: Scope, payloads?: Payloads): unknown =>
  new Rendering(scope, payloads, evaluationBudget()).value(template);

class Rendering {
  private characters = 0;

  constructor(
    private readonly scope: Scope,
    private readonly payloads: Payloads | undefined,
    private readonly budget: Budget,
  ) {}

  value(template: unknown): unknown {
    if (typeof template === 'string') return this.text(template);
    if (Array.isArray(template)) return template.map((inner) => this.value(inner));
    if (typeof template !== 'object' || template === null) return template;
    return Object.fromEntries(Object.entries(template).map(([key, inner]) => [key, this.value(inner)]));
  }

  private text(text: string): unknown {
    const pieces = splitTemplate(text);
    const only = pieces[0];
    if (only !== undefined && pieces.length === 1 && 'expression' in only) return this.evaluated(only.expression);
    return pieces.map((piece) => ('text' in piece ? piece.text : this.asText(this.evaluated(piece.expression)))).join('');
  }

  private evaluated(expression: string): unknown {
    return evaluate(expression, this.scope, this.payloads, this.budget);
  }

  /** Of all texts together: a small template can name a large value a thousand times. */
  private asText(value: unknown): string {
    const text = textOf(opened(value, this.payloads));
    this.characters += text.length;
    if (this.characters > PAYLOAD_LIMIT_BYTES)
      throw new PayloadTooLarge(
        `a template makes texts of more than ${PAYLOAD_LIMIT_BYTES} characters: pass the values themselves`,
      );
    return text;
  }
}

const textOf = (value: unknown): string => (value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));

/** Every expression of a template, with the path at which it stands. */
export function expressionsIn(
  template: unknown,
  path: readonly (string | number)[] = [],
): { path: (string | number)[]; expression: string }[] {
  if (typeof template === 'string') {
    return splitTemplate(template).flatMap((piece) =>
      'expression' in piece ? [{ path: [...path], expression: piece.expression }] : [],
    );
  }
  if (typeof template !== 'object' || template === null) return [];
  return Object.entries(template).flatMap(([key, inner]) =>
    expressionsIn(inner, [...path, Array.isArray(template) ? Number(key) : key]),
  );
}
