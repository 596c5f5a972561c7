import { callProblem, takesExpression } from './functions.js';
import type { ExpressionTree } from './interpreter.js';

/** Levels of expressions in expressions. A tree is walked with the stack of the process. */
const DEEPEST_EXPRESSION = 200;

/** What is wrong with an expression that can be parsed, whatever it is applied to. */
export function treeProblem(root: ExpressionTree): string | undefined {
  const open: { node: ExpressionTree; depth: number }[] = [{ node: root, depth: 1 }];
  if (root.type === 'ExpressionReference') return NOT_AN_ARGUMENT;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    if (depth > DEEPEST_EXPRESSION) return `is nested deeper than ${DEEPEST_EXPRESSION} levels: split the step in two`;
    const problem = nodeProblem(node);
    if (problem !== undefined) return problem;
    for (const child of childrenOf(node)) open.push({ node: child, depth: depth + 1 });
  }
  return undefined;
}

const NOT_AN_ARGUMENT = '"&" makes an argument for functions such as map, sort_by, max_by and group_by, and stands nowhere else';

function nodeProblem(node: ExpressionTree): string | undefined {
  if (node.type === 'LetExpression' || node.type === 'Variable' || node.type === 'Binding')
    return '`let` is not part of aet/workflow.v1: put the value into a step of its own';
  if (node.type !== 'Function')
    return childrenOf(node).some(({ type }) => type === 'ExpressionReference') ? NOT_AN_ARGUMENT : undefined;
  const misplaced = node.children.some((child, at) => (child.type === 'ExpressionReference') !== takesExpression(node.name, at));
  return callProblem(node.name, node.children.length) ?? (misplaced ? `${node.name}(): ${ARGUMENTS}` : undefined);
}

const ARGUMENTS =
  'an expression as an argument begins with "&", and no other argument does: map(&name, list), sort_by(list, &name)';

/** Parts that are evaluated. */
function childrenOf(node: ExpressionTree): readonly ExpressionTree[] {
  if ('children' in node) return node.children.map((child) => (child.type === 'KeyValuePair' ? child.value : child));
  return PARTS.flatMap((part) =>
    part in node ? [(node as unknown as Record<string, ExpressionTree>)[part] as ExpressionTree] : [],
  );
}
const PARTS = ['left', 'right', 'condition', 'child', 'operand', 'trueExpr', 'falseExpr'] as const;
