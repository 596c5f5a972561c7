import { AttemptFailed, EffectInDoubt, type TaskMessage } from '@aet/contracts';
import { schemaCheck } from '@aet/config';
import { EventQueue } from '../../domain/event-queue.js';
import { type ExecutionContext, type Executor, type ExecutorEvent, stoppedBefore } from '../../domain/executor.js';
import type { OfferedSkill, Skill, SkillContext } from '../../domain/skill.js';

/** Runs deterministic skills, found by the task's capability. */
export class BuiltinExecutor implements Executor {
  readonly name = 'builtin';
  private readonly offered: ReadonlyMap<string, OfferedSkill>;
  private readonly loaded = new Map<string, Promise<CheckedSkill>>();

  constructor(skills: readonly OfferedSkill[]) {
    this.offered = new Map(skills.map((skill) => [skill.capability, skill]));
  }

  usesFolder({ capability }: TaskMessage): boolean {
    return this.offered.get(capability)?.usesFolder === true;
  }

  async *run(task: TaskMessage, context: ExecutionContext): AsyncIterable<ExecutorEvent> {
    const offered = this.offered.get(task.capability);
    if (offered === undefined) {
      yield {
        kind: 'failed',
        message: `there is no builtin skill "${task.capability}"; known: ${[...this.offered.keys()].join(', ')}`,
        retryable: false,
      };
      return;
    }
    const { skill, check } = await this.ready(offered);
    const violations = check(task.input);
    if (violations.length > 0) {
      const sentences = violations.map(({ path, message }) => `${path.join('.') || 'input'} ${message}`);
      yield {
        kind: 'failed',
        message: `the input of ${task.capability} is not valid: ${sentences.join('; ')}`,
        retryable: false,
        details: { violations },
      };
      return;
    }
    if (context.signal.aborted) yield stoppedBefore;
    else yield* narrate(skill, task, context);
  }

  private ready(offered: OfferedSkill): Promise<CheckedSkill> {
    const known = this.loaded.get(offered.capability);
    if (known !== undefined) return known;
    const loading = offered.load().then((skill) => ({ skill, check: schemaCheck(skill.inputSchema) }));
    this.loaded.set(offered.capability, loading);
    return loading;
  }
}

interface CheckedSkill {
  skill: Skill;
  check: ReturnType<typeof schemaCheck>;
}

async function* narrate(skill: Skill, task: TaskMessage, context: ExecutionContext): AsyncIterable<ExecutorEvent> {
  const news = new EventQueue<ExecutorEvent>();
  const ending = carriedOut(skill, task, {
    runId: task.runId,
    signal: context.signal,
    workDir: context.workDir,
    services: context.services,
    ...(context.saved === undefined ? {} : { saved: context.saved }),
    log: (message) => news.push({ kind: 'log', message }),
    progress: (fraction, message) => news.push({ kind: 'progress', fraction, ...(message === undefined ? {} : { message }) }),
    save: (saved) => news.push({ kind: 'saved', saved }),
  })
    .then((output): ExecutorEvent => ({ kind: 'completed', output: output ?? null }), failed)
    .finally(() => news.end());
  yield* news;
  yield await ending;
}

/** A skill that is an effect is done once over all attempts. */
function carriedOut(skill: Skill, task: TaskMessage, context: SkillContext): Promise<unknown> {
  const input = task.input as never;
  const { effect } = skill;
  if (effect === undefined) return skill.run(input, context);
  return context.services.effect(effect.key?.(input) ?? skill.capability, {
    perform: ({ signal }) => skill.run(input, { ...context, signal }),
    reconcile: (signal) => effect.reconcile(input, { ...context, signal }),
  });
}

function failed(error: unknown): ExecutorEvent {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AttemptFailed || error instanceof EffectInDoubt)) return { kind: 'failed', message, retryable: false };
  const { code, retryable, details } = error;
  return { kind: 'failed', message, retryable, code, ...(details === undefined ? {} : { details }) };
}
