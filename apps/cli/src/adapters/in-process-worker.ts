import { Unavailable, ErrorCode, type TaskMessage } from '@aet/contracts';
import {
  type AgentDefinition,
  type Ending,
  type ExecutionServices,
  type Executor,
  type Roster,
  runExecutor,
  WorkspaceFolders,
} from '@aet/executors';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptEnding, Worker, WorkerNews } from '../application/simple-ports.js';
import { writeFileAtomic } from './atomic-file.js';
import { workOf } from './simple-leftovers.js';
import type { SimpleFiles } from './simple-files.js';

/** The executors of an agent host, without the host: folders of this process, and no fleet behind them. */
export class InProcessWorker implements Worker, AsyncDisposable {
  private readonly workspaces: WorkspaceFolders;
  private readonly services: ExecutionServices;

  constructor(
    private readonly roster: Roster,
    private readonly executors: ReadonlyMap<string, Executor>,
    files: SimpleFiles,
  ) {
    this.workspaces = new WorkspaceFolders(files.work(), workOf(process.pid));
    this.services = servicesOf(files);
  }

  async perform(task: TaskMessage, signal: AbortSignal, hear: (news: WorkerNews) => void): Promise<AttemptEnding> {
    const agent = this.roster.choose(task.capability, task.agent);
    const executor = agent === undefined ? undefined : this.executors.get(agent.executor);
    if (agent === undefined || executor === undefined)
      return impossible(this.lacks(task, agent), agent?.name ?? task.agent ?? 'none');
    const ending = await this.execute(task, agent, executor, signal, hear);
    if (ending.status === 'completed' || ending.status === 'failed') return { ...ending, agent: agent.name };
    return { status: 'dropped' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.workspaces.removeAll();
  }

  private async execute(
    task: TaskMessage,
    agent: AgentDefinition,
    executor: Executor,
    signal: AbortSignal,
    hear: (news: WorkerNews) => void,
  ): Promise<Ending> {
    const { timeoutMs, heartbeatMs, saved } = task;
    const limits = { host: signal, timeoutMs, ...(heartbeatMs === undefined ? {} : { heartbeatMs }) };
    const context = { agent, services: this.services, ...(saved === undefined ? {} : { saved }) };
    const run = (workDir: string): Promise<Ending> => runExecutor(executor, task, { ...context, workDir }, limits, hear);
    if (executor.usesFolder?.(task) === false) return run('');
    const workspace = await this.workspaces.create(task);
    try {
      return await run(workspace.dir);
    } finally {
      await workspace.dispose();
    }
  }

  private lacks({ agent, capability }: TaskMessage, found: AgentDefinition | undefined): string {
    if (found !== undefined) return `agent ${found.name} wants the executor "${found.executor}", which there is not`;
    return `no agent${agent === undefined ? '' : ` named "${agent}"`} here has the capability "${capability}"; there are: ${this.roster.capabilities.join(', ') || 'none'}`;
  }
}

const impossible = (message: string, agent: string): AttemptEnding => ({
  status: 'failed',
  agent,
  error: { code: ErrorCode.AttemptFailed, message, retryable: false },
});

/** There is no Knowledge Manager; artifacts are files. */
function servicesOf(files: SimpleFiles): ExecutionServices {
  const absent = (): Promise<never> =>
    Promise.reject(new Unavailable('simple mode has no Knowledge Manager: start a fleet with `aet up` for knowledge and search'));
  return {
    ingest: absent,
    search: absent,
    putArtifact: (runId, name, content, mediaType) => {
      const folder = files.artifactsOf(runId);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileAtomic(join(folder, name.replaceAll(/[/\\]/g, '_')), content);
      const sha256 = createHash('sha256').update(content).digest('hex');
      return Promise.resolve({ name, mediaType, bytes: content.length, sha256 });
    },
  };
}
