import { isRunEnded } from '@aet/contracts';
import type { OpenChild, RunChildren } from '@aet/persistence';
import type { Log } from '@aet/telemetry';
import type { EndChildren } from './end-children.js';
import type { LaunchChildren } from './launch-children.js';
import type { Surroundings } from './ports.js';

/** Sub-runs of one round; the next round takes more. */
const PAGE = 500;

/**
 * Does for sub-runs whatever is still to be done, as the table of those that runs wait for says: what a process that died left, what waited for its
 * time, what is not wanted any more, what follows another priority. Every replica does it.
 */
export class TendChildren {
  constructor(
    private readonly children: RunChildren,
    private readonly launch: LaunchChildren,
    private readonly ends: EndChildren,
    private readonly surroundings: Surroundings,
    private readonly log: Log,
  ) {}

  /** @returns whether there is more to do at once */
  async execute(): Promise<boolean> {
    const open = await this.children.toDo(this.surroundings.circumstances().now.getTime(), PAGE);
    const done = await Promise.all(open.map((child) => this.tend(child)));
    return open.length === PAGE && done.some(Boolean);
  }

  /** @returns whether it worked */
  private async tend(child: OpenChild): Promise<boolean> {
    try {
      await this.next(child);
      return true;
    } catch (error) {
      this.log.warn('a sub-run could not be seen to, and will be again', { runId: child.childRunId, err: error });
      return false;
    }
  }

  private next(child: OpenChild): Promise<void> {
    if (child.status === undefined) return this.launch.execute(child);
    if (child.unwanted) return this.ends.cancel(child);
    if (isRunEnded(child.status)) return this.ends.tell(child.childRunId);
    return this.ends.prioritize(child);
  }
}
