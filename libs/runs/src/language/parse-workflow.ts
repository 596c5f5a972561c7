import type { WorkflowDocument, WorkflowInvalid } from '@aet/contracts';
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { checkWorkflow } from './check-workflow.js';
import { PAYLOAD_LIMIT_BYTES } from '../run/limits.js';
import { type WorkflowProblem, workflowInvalid } from './workflow-problem.js';

/** A workflow file's text as a document. @throws {WorkflowInvalid} with every problem as file:line:column. */
export function parseWorkflow(text: string, file: string): WorkflowDocument {
  if (text.length > PAYLOAD_LIMIT_BYTES)
    throw workflowInvalid(file, [{ path: [], file, line: 1, message: `is larger than ${PAYLOAD_LIMIT_BYTES} bytes` }]);
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (yaml.errors.length > 0) {
    throw workflowInvalid(
      file,
      yaml.errors.map((error) => ({ path: [], message: error.message, ...place(file, lines, error.pos[0]) })),
    );
  }
  const { value, problems } = plain(yaml);
  if (problems.length > 0)
    throw workflowInvalid(
      file,
      problems.map((problem) => ({ ...problem, ...locate(yaml, problem.path, file, lines) })),
    );
  return value as WorkflowDocument;
}

/** The same problems of a file's document, with their places in it. */
export function located(error: WorkflowInvalid, text: string, file: string): WorkflowInvalid {
  const { problems } = (error.details ?? {}) as { problems?: WorkflowProblem[] };
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  return problems === undefined
    ? error
    : workflowInvalid(
        file,
        problems.map((problem) => ({ ...problem, ...locate(yaml, problem.path, file, lines) })),
      );
}

/** A document that came as data. @throws {WorkflowInvalid} with every problem by its path. */
export function checkedWorkflow(value: unknown, name: string): WorkflowDocument {
  const problems = checkWorkflow(value);
  if (problems.length > 0) throw workflowInvalid(name, problems);
  return value as WorkflowDocument;
}

function plain(yaml: Document): { value: unknown; problems: WorkflowProblem[] } {
  try {
    const value: unknown = yaml.toJS({ maxAliasCount: 100 });
    return { value, problems: checkWorkflow(value) };
  } catch (error) {
    return { value: undefined, problems: [{ path: [], message: (error as Error).message }] };
  }
}

/** The place of the path's last key; of its nearest parent that exists when the file lacks it. */
function locate(yaml: Document, path: readonly (string | number)[], file: string, lines: LineCounter) {
  let node: unknown = yaml.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const part of path) {
    const child = childOf(node, part);
    if (child === undefined) break;
    offset = (child.key ?? child.value)?.range?.[0] ?? offset;
    node = child.value;
  }
  return place(file, lines, offset);
}

function childOf(node: unknown, part: string | number): { key?: Node; value: Node | undefined } | undefined {
  if (isSeq(node)) return isNode(node.items[Number(part)]) ? { value: node.items[Number(part)] as Node } : undefined;
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
  return pair === undefined ? undefined : { key: pair.key as Node, value: isNode(pair.value) ? pair.value : undefined };
}

function place(file: string, lines: LineCounter, offset: number): { file: string; line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
}
