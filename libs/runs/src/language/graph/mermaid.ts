import type { WorkflowDocument } from '@aet/contracts';
import { type GraphNode, workflowGraph } from './workflow-graph.js';

/** Longer texts are cut. Characters. */
const LONGEST_LABEL = 80;

/** What a step looks like: around its quoted text. */
const SHAPES: Readonly<Record<GraphNode['kind'], readonly [open: string, close: string]>> = {
  task: ['[', ']'],
  workflow: ['[[', ']]'],
  branch: ['{', '}'],
  approval: ['{{', '}}'],
  wait: ['([', '])'],
  checkpoint: ['[(', ')]'],
};

/**
 * A workflow as a Mermaid flowchart. Ids are made here, and every text stands in quotes with all that Mermaid or a page could take for markup
 * written as a code: no name, condition or expression can become a part of the drawing's source.
 */
export function mermaid(workflow: WorkflowDocument): string {
  const { nodes, edges } = workflowGraph(workflow);
  const ids = new Map(nodes.map(({ name }, at) => [name, `s${at}`]));
  const id = (name: string): string => ids.get(name) ?? '';
  return [
    'flowchart TD',
    ...nodes.map((node) => {
      const [open, close] = SHAPES[node.kind];
      return `  ${id(node.name)}${open}"${quoted(node.name)}<br/>${node.fanOut ? '⧉ ' : ''}${quoted(node.does)}"${close}`;
    }),
    ...edges.map(({ from, to, condition }) =>
      condition === undefined ? `  ${id(from)} --> ${id(to)}` : `  ${id(from)} -.->|"${quoted(condition)}"| ${id(to)}`,
    ),
    '',
  ].join('\n');
}

/** Letters, digits and a few marks stay; everything else becomes Mermaid's code for the character. */
function quoted(text: string): string {
  const line = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  const cut = Array.from(line).slice(0, LONGEST_LABEL);
  const shown = cut.map((char) => (/[\p{L}\p{N} .,:/_()?!=+*-]/u.test(char) ? char : `#${char.codePointAt(0) ?? 0};`));
  return `${shown.join('')}${cut.length < Array.from(line).length ? '…' : ''}`;
}
