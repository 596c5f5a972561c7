import { isPlacedAt, type Place, type Placement, type RunView, type WorkflowDocument, type WorkflowStep } from '@aet/contracts';

/** A host that takes tasks. */
export interface Host extends Place {
  capabilities: readonly string[];
}

/** Running steps whose tasks nobody can take now: they wait for as long as that is so. */
export const withMissingHosts = (view: RunView, workflow: WorkflowDocument, hosts: readonly Host[]): RunView => ({
  ...view,
  steps: view.steps.map((step) => {
    const declared = workflow.steps[step.name];
    const host = step.status === 'running' && declared !== undefined ? missingHost(declared, hosts) : undefined;
    return host === undefined ? step : { ...step, waitsFor: { ...step.waitsFor, host } };
  }),
});

function missingHost({ task, placement }: WorkflowStep, hosts: readonly Host[]): string | undefined {
  if (task === undefined) return undefined;
  const able = hosts.filter(({ capabilities }) => capabilities.includes(task));
  if (able.length === 0) return `a host with the capability "${task}": none has an agent for it now`;
  if (placement === undefined || able.some((host) => isPlacedAt(placement, host))) return undefined;
  return `a host with the capability "${task}" ${described(placement)}: there is none now`;
}

const described = ({ host, labels = {} }: Placement): string =>
  [
    ...(host === undefined ? [] : [`named "${host}"`]),
    ...Object.entries(labels).map(([name, value]) => `with the label ${name}=${value}`),
  ].join(' and ');
