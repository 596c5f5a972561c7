import {
  type AttemptQuery,
  type AttemptState,
  isRunEnded,
  type ListRuns,
  NotFound,
  type ReadRunEvents,
  type RunEventPage,
  type RunPage,
  type RunView,
  type StoredRunEvent,
} from '@aet/contracts';
import type { RunList, RunLog } from '@aet/persistence';
import { attemptState, jsonBytes, type RunState, runView } from '@aet/runs';
import { withMissingHosts } from '../domain/missing-host.js';
import type { HostDirectory } from './ports.js';
import type { RunStore } from './run-store.js';

/** A page of events must fit into one message of 1 MiB. The first event always goes: an append keeps each below that. */
const PAGE_BYTES = 640 * 1024;
const DEFAULT_PAGE = 200;

/** Questions about runs, answered from the log as it is now. */
export class QueryRun {
  constructor(
    private readonly store: RunStore,
    private readonly log: RunLog,
    private readonly runs: RunList,
    private readonly cell: string,
    private readonly directory?: HostDirectory,
  ) {}

  async get(runId: string): Promise<RunView> {
    const state = await this.known(runId);
    const view = runView(state);
    if (state.cell !== this.cell || isRunEnded(view.status)) return view;
    const hosts = await this.directory?.hosts();
    return hosts === undefined ? view : withMissingHosts(view, state.workflow, hosts);
  }

  list(query: ListRuns): Promise<RunPage> {
    return this.runs.list(query);
  }

  async events({ runId, after = 0, limit = DEFAULT_PAGE }: ReadRunEvents): Promise<RunEventPage> {
    const events = await this.log.read(runId, after, limit);
    if (events.length === 0) await this.known(runId);
    return { events: fitting(events) };
  }

  async attempt({ runId, ...query }: AttemptQuery): Promise<AttemptState> {
    const state = await this.known(runId);
    // Another cell adopted the run: its own hosts do it.
    return state.cell === this.cell ? attemptState(state, query) : { state: 'superseded' };
  }

  private async known(runId: string): Promise<RunState> {
    const state = await this.store.current(runId);
    if (state === undefined)
      throw new NotFound(`run ${runId} is not in this cell's log: look at the list of runs, or ask the cell that accepted it`);
    return state;
  }
}

function fitting(events: StoredRunEvent[]): StoredRunEvent[] {
  let left = PAGE_BYTES;
  const end = events.findIndex((event, index) => (left -= jsonBytes(event)) < 0 && index > 0);
  return end < 0 ? events : events.slice(0, end);
}
