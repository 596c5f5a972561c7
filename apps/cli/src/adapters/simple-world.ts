import { type AetConfig, loadConfig } from '@aet/config';
import { Durability, NotFound, Priority, type RunSubmitted, ValidationFailed } from '@aet/contracts';
import { builtinSkills, executorsOf, readAgentFiles, Roster } from '@aet/executors';
import { checkLibrary, hashOf } from '@aet/runs';
import { availableParallelism, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { SIMPLE_CELL } from '../application/simple-run.js';
import { askedWork, type TaskWish, type Work, workOfTask } from '../domain/asked-work.js';
import { writeFileAtomic } from './atomic-file.js';
import { InProcessWorker } from './in-process-worker.js';
import { SimpleFiles } from './simple-files.js';
import { workflowFromFile, WorkflowLookup } from './workflow-lookup.js';

/** Tasks at once: one a core, within 2 to 8. */
const SLOTS = { fewest: 2, most: 8 };

/** A project as simple mode sees it: its configuration, its agents, its workflows, and where its runs are kept. */
export class SimpleWorld {
  readonly files: SimpleFiles;
  readonly roster: Roster;
  /** Agents' files that could not be read as such. */
  readonly invalid: readonly string[];
  private readonly config: Readonly<AetConfig>;
  private readonly workflows: WorkflowLookup;

  /** @throws {ConfigInvalid} */
  constructor(project: string) {
    this.config = loadConfig({ cwd: project, env: process.env }).config;
    this.files = new SimpleFiles(project);
    const { agents, invalid } = readAgentFiles(this.config.agents.dirs);
    this.roster = new Roster(agents, this.config.agents.only);
    this.invalid = invalid;
    this.workflows = new WorkflowLookup(this.config.runs.workflowDirs);
  }

  get slots(): number {
    const { slots } = this.config.work;
    return slots > 0 ? slots : Math.min(SLOTS.most, Math.max(SLOTS.fewest, availableParallelism()));
  }
  get host(): string {
    return this.config.host.name;
  }

  worker(): InProcessWorker {
    const anthropic = { ...this.config.models.anthropic };
    if (anthropic.apiKeyFile === '') anthropic.apiKeyFile = this.keyFile() ?? '';
    const environment = { ...process.env };
    delete environment['ANTHROPIC_API_KEY'];
    return new InProcessWorker(this.roster, executorsOf({ skills: builtinSkills(), environment, anthropic }), this.files);
  }

  /** What was asked for as a workflow with inputs. @throws {NotFound} naming what there is */
  workOf(
    text: string,
    wish: Omit<TaskWish, 'capability'>,
    inputs: Record<string, unknown>,
    /** A capability that nobody here has may be the fleet's. */
    { elsewhere = false }: { elsewhere?: boolean } = {},
  ): Work {
    const asked = askedWork(text);
    switch (asked.kind) {
      case 'file':
        return { document: workflowFromFile(resolve(asked.path)), inputs };
      case 'words':
        return workOfTask({ ...wish, capability: this.capabilityOf(wish.agent) }, { instruction: asked.text, ...inputs });
      case 'name': {
        if (this.roster.choose(asked.name, wish.agent) !== undefined)
          return workOfTask({ ...wish, capability: asked.name }, inputs);
        const document = this.workflows.find(asked.name);
        if (document !== undefined) return { document, inputs };
        if (elsewhere) return workOfTask({ ...wish, capability: asked.name }, inputs);
        throw new NotFound(
          `there is no capability and no workflow "${asked.name}"${wish.agent === undefined ? '' : ` for agent "${wish.agent}"`}; capabilities: ${list(this.roster.capabilities)}; workflows: ${list(this.workflows.names())}`,
        );
      }
    }
  }

  /** What a run of it begins with. @throws {WorkflowInvalid} when it calls what there is not */
  async submission({ document, inputs }: Work): Promise<RunSubmitted['data']> {
    const library = await checkLibrary(document, (name) => this.workflows.find(name));
    return {
      workflow: document,
      workflowHash: hashOf(document),
      ...(Object.keys(library).length === 0 ? {} : { library }),
      inputs,
      priority: Priority.Normal,
      durability: Durability.Strict,
      correlationId: '',
      cell: SIMPLE_CELL,
      epoch: 1,
      submittedBy: userName(),
    };
  }

  /** A sentence needs somebody who understands it. */
  private capabilityOf(name: string | undefined): string {
    const agents = this.roster.agents;
    const agent = agents.find((candidate) => candidate.name === name);
    const capability = agent?.capabilities[0];
    if (capability !== undefined) return capability;
    const readers = agents.filter(({ executor }) => executor !== 'builtin').map((candidate) => candidate.name);
    const message =
      name === undefined
        ? `a task in words needs an agent: add --agent NAME; there are: ${list(readers)}. Your own go to .aet/agents/ or .claude/agents/`
        : `there is no agent "${name}"; there are: ${list(agents.map((candidate) => candidate.name))}`;
    throw name === undefined ? new ValidationFailed(message, []) : new NotFound(message);
  }

  /** The executor reads the key from a file that only this user may read. */
  private keyFile(): string | undefined {
    const key = process.env['ANTHROPIC_API_KEY'];
    if (key === undefined || key === '') return undefined;
    const file = this.files.secret('anthropic.key');
    writeFileAtomic(file, `${key}\n`, 0o600);
    return file;
  }
}

const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : [...new Set(names)].toSorted().join(', '));

export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a user id without a name
  }
}
