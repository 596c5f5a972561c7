import { assertNever } from '@aet/contracts';
import { compileExpression } from './expression.js';
import type { ExpressionTree } from './interpreter.js';

/** Names that an expression takes from its scope. */
export interface References {
  inputs: Set<string>;
  steps: Set<string>;
  /** First names that are none of `inputs`, `steps`, `item`, `index`, and the last two where they are used. */
  others: Set<string>;
  /** `!steps.a` is `(!steps).a` in JMESPath, and always null: the name spaces that were negated. */
  negated: Set<string>;
}

/** What a part of an expression is applied to: the scope itself, one of its two name spaces, or some value of which nothing is known. */
type Place = 'scope' | 'inputs' | 'steps' | 'value';

/** @throws {ExpressionInvalid} */
export function referencesOf(expression: string): References {
  const found: References = { inputs: new Set(), steps: new Set(), others: new Set(), negated: new Set() };
  walk(compileExpression(expression), 'scope', found);
  return found;
}

/** Walks a tree that is applied to `place`; returns what its value is. Inside filters and projections the place is an element: unknown. */
function walk(node: ExpressionTree, place: Place, found: References): Place {
  const all = (nodes: readonly ExpressionTree[], at: Place = place): Place => {
    for (const child of nodes) walk(child, at, found);
    return 'value';
  };
  switch (node.type) {
    case 'Field':
      return field(node.name, place, found);
    case 'Root':
      return 'scope';
    case 'Current':
    case 'Identity':
      return place;
    case 'Subexpression':
    case 'Pipe':
    case 'IndexExpression':
      return walk(node.right, walk(node.left, place, found), found);
    case 'Projection':
    case 'ValueProjection':
      walk(node.left, place, found);
      return all([node.right], 'value');
    case 'FilterProjection':
      walk(node.left, place, found);
      return all([node.condition, node.right], 'value');
    case 'AndExpression':
    case 'OrExpression':
    case 'Comparator':
    case 'Arithmetic':
      return all([node.left, node.right]);
    case 'Ternary':
      return all([node.condition, node.trueExpr, node.falseExpr]);
    case 'NotExpression': {
      const negated = walk(node.child, place, found);
      if (negated === 'inputs' || negated === 'steps') found.negated.add(negated);
      return 'value';
    }
    case 'Flatten':
      return all([node.child]);
    case 'ExpressionReference':
      return all([node.child], 'value');
    case 'Unary':
      return all([node.operand]);
    case 'Function':
    case 'MultiSelectList':
      return all(node.children);
    case 'MultiSelectHash':
      return all(node.children.map((pair) => pair.value));
    case 'Literal':
    case 'Index':
    case 'Slice':
      return 'value';
    case 'LetExpression':
    case 'Binding':
    case 'Variable':
      return 'value'; // refused when compiled
    default:
      return assertNever(node);
  }
}

function field(name: string, place: Place, found: References): Place {
  if (place === 'inputs') found.inputs.add(name);
  if (place === 'steps') found.steps.add(name);
  if (place !== 'scope') return 'value';
  if (name === 'inputs' || name === 'steps') return name;
  found.others.add(name);
  return 'value';
}
