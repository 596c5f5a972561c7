import { parseDuration, type WorkflowDocument, type WorkflowStep } from '@aet/contracts';

/** Where work is done: in this process, or by the fleet. */
export type Mode = 'simple' | 'full';

/** More tasks than these are worth a fleet that runs: it has more hands, and they stay warm. */
export const SMALL_TASKS = 4;
/** What takes, or waits, longer than this should not hang on one process. Milliseconds. */
const LONG_MS = 10 * 60_000;

export interface Circumstances {
  /** The fleet of this project answers. */
  fleet: boolean;
  /** What was asked for. */
  wish?: Mode;
  /** Capabilities that agents of this machine have. */
  capabilities: ReadonlySet<string>;
  /** Of this machine. */
  host: string;
  /** Who may approve here. */
  user: string;
}
export interface Choice {
  mode: Mode;
  /** For people: why. */
  why: string;
}

/**
 * The rule: what simple mode cannot do goes to the fleet; without a fleet all goes simple; with one, small work goes simple, and the rest to the fleet.
 * A wish wins over the last two. Undefined `mode`: nobody can do it.
 */
export function chooseMode(works: readonly WorkflowDocument[], circumstances: Circumstances): Choice | { impossible: string } {
  const { fleet, wish } = circumstances;
  const cannot = works.flatMap((work) => obstacles(work, circumstances))[0];
  if (cannot !== undefined) {
    return fleet
      ? { mode: 'full', why: `${cannot}, which simple mode cannot do` }
      : { impossible: `${cannot}, which simple mode cannot do, and no fleet runs here: start one with \`aet up\`` };
  }
  if (!fleet) return { mode: 'simple', why: `no fleet answers here${wish === 'full' ? ', although one was asked for' : ''}` };
  if (wish !== undefined) return { mode: wish, why: 'it was asked for' };
  const long = works.flatMap(longWaits)[0];
  if (long !== undefined) return { mode: 'full', why: long };
  if (works.length > SMALL_TASKS) return { mode: 'full', why: `${works.length} tasks are more than ${SMALL_TASKS}` };
  return {
    mode: 'simple',
    why: `${works.length === 1 ? 'one small task' : `${works.length} small tasks`}: a process of its own is faster`,
  };
}

const stepsOf = ({ steps }: WorkflowDocument): [string, WorkflowStep][] => Object.entries(steps);

/** What needs a fleet, whatever is wished. */
function obstacles(work: WorkflowDocument, { capabilities, host, user }: Circumstances): string[] {
  return stepsOf(work).flatMap(([name, step]) => {
    const { placement, approval, task } = step;
    if (placement?.host !== undefined && placement.host !== host) return [`step "${name}" asks for the host ${placement.host}`];
    if (placement?.labels !== undefined) return [`step "${name}" asks for a host by its labels`];
    if (approval?.approvers !== undefined && !approval.approvers.includes(user))
      return [`step "${name}" needs the approval of ${approval.approvers.join(' or ')}`];
    if (task !== undefined && !capabilities.has(task)) return [`no agent of this machine has the capability "${task}"`];
    return [];
  });
}

/** What would keep this process for long. */
function longWaits(work: WorkflowDocument): string[] {
  const total = work.timeout === undefined ? 0 : parseDuration(work.timeout);
  if (total > LONG_MS) return [`${work.name} may take ${work.timeout ?? ''}`];
  return stepsOf(work).flatMap(([name, { timeout, delay, wait, approval, deadline }]) => {
    const times = [timeout, delay, wait?.for, wait?.timeout].flatMap((time) => (time === undefined ? [] : [parseDuration(time)]));
    if (times.some((time) => time > LONG_MS)) return [`step "${name}" may take longer than ${LONG_MS / 60_000} minutes`];
    if (approval !== undefined) return [`step "${name}" waits for a person`];
    if (wait?.until !== undefined || wait?.signal !== undefined) return [`step "${name}" waits for something from outside`];
    return deadline === undefined ? [] : [`step "${name}" has time, and may be done in a batch`];
  });
}
