import { type RunSubmitted, UnsupportedVersion, WORKFLOW_API, type WorkflowDocument, type WorkflowStep } from '@aet/contracts';

/**
 * What of the language of workflows is understood. A run's document is checked when it is submitted, by the replica that accepts it; the others find
 * here whether they understand it as well. Else a step of a new kind would be taken for a task without a capability.
 */
export interface KnownWorkflows {
  api: string;
  /** Names that may stand in a document. */
  members: ReadonlySet<string>;
  /** Names that may stand in a step. */
  stepMembers: ReadonlySet<string>;
}

/** The compiler sees to it that none is missing. */
const MEMBERS: Record<keyof WorkflowDocument, true> = {
  api: true,
  name: true,
  description: true,
  inputs: true,
  steps: true,
  output: true,
  timeout: true,
};
const STEP_MEMBERS: Record<keyof WorkflowStep, true> = {
  description: true,
  needs: true,
  when: true,
  continueOnError: true,
  map: true,
  with: true,
  retry: true,
  priority: true,
  outputSchema: true,
  compensate: true,
  task: true,
  agent: true,
  timeout: true,
  heartbeat: true,
  delay: true,
  deadline: true,
  orderKey: true,
  lane: true,
  placement: true,
  cache: true,
  workflow: true,
  branch: true,
  approval: true,
  wait: true,
  checkpoint: true,
};

export const KNOWN_WORKFLOWS: KnownWorkflows = {
  api: WORKFLOW_API,
  members: new Set(Object.keys(MEMBERS)),
  stepMembers: new Set(Object.keys(STEP_MEMBERS)),
};

/** Runs share documents: one look at each is enough. */
const understood = new WeakMap<KnownWorkflows, WeakSet<object>>();

/** @throws {UnsupportedVersion} naming what is new */
export function assertKnown({ data, runId }: RunSubmitted & { runId: string }, known: KnownWorkflows): void {
  const documents = [data.workflow, ...Object.values(data.library ?? {}).map(({ document }) => document)];
  const seen = understood.get(known) ?? new WeakSet();
  understood.set(known, seen);
  for (const document of documents) {
    if (seen.has(document)) continue;
    const strange = strangeIn(document, known);
    if (strange !== undefined) {
      throw new UnsupportedVersion(
        `run ${runId}: its workflow ${JSON.stringify(document.name)} has ${strange}, which this version of AET does not know: a newer one accepted it, and goes on with the run; update this one`,
        { details: { runId, strange } },
      );
    }
    seen.add(document);
  }
}

function strangeIn(document: WorkflowDocument, known: KnownWorkflows): string | undefined {
  if (document.api !== known.api) return `api ${JSON.stringify(document.api)}`;
  const member = Object.keys(document).find((name) => !known.members.has(name));
  if (member !== undefined) return JSON.stringify(member);
  for (const [name, step] of Object.entries(document.steps)) {
    const strange = Object.keys(step).find((key) => !known.stepMembers.has(key));
    if (strange !== undefined) return `${JSON.stringify(strange)} in step ${JSON.stringify(name)}`;
  }
  return undefined;
}
