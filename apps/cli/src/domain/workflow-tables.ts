import type { WorkflowDocument, WorkflowStep } from '@aet/contracts';
import { workflowGraph } from '@aet/runs';
import { table } from './table.js';

/** One line for each input; one that says that there is none. */
export function inputsTable({ inputs = {} }: WorkflowDocument): string[] {
  const rows = Object.entries(inputs).map(([name, { type, required, default: value, description = '' }]) => [
    name,
    type,
    required === true ? 'required' : value === undefined ? 'null' : JSON.stringify(value),
    description.trim(),
  ]);
  return rows.length === 0 ? ['takes no inputs'] : table(['input', 'type', 'default', 'description'], rows);
}

/** One line for each step, in an order in which they could be done. */
export function stepsTable(document: WorkflowDocument): string[] {
  const { nodes, edges } = workflowGraph(document);
  const rows = nodes.map(({ name, does }) => {
    const step = document.steps[name];
    const needs = edges.filter(({ to }) => to === name).map(({ from }) => from);
    return [name, does, needs.join(', ') || '-', step === undefined ? '' : propertiesOf(step)];
  });
  return table(['step', 'does', 'waits for', 'properties'], rows);
}

function propertiesOf(step: WorkflowStep): string {
  const { when, timeout, retry, priority, lane, map, cache, compensate, continueOnError } = step;
  return [
    when === undefined ? '' : `when ${when}`,
    timeout === undefined ? '' : `timeout ${timeout}`,
    retry?.attempts === undefined ? '' : `${retry.attempts} attempts`,
    priority ?? '',
    lane ?? '',
    map?.quorum === undefined ? '' : `quorum ${map.quorum}`,
    map?.tolerate === undefined ? '' : `tolerates ${map.tolerate}`,
    cache === undefined ? '' : 'cached',
    compensate === undefined ? '' : `undone by ${compensate.task}`,
    continueOnError === true ? 'may fail' : '',
  ]
    .filter((text) => text !== '')
    .join(', ');
}
