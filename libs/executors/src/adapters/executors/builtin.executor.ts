import { AttemptFailed, type TaskMessage } from '@aet/contracts';
import { schemaCheck } from '@aet/config';
import { EventQueue } from '../../domain/event-queue.js';
import { type ExecutionContext, type Executor, type ExecutorEvent, stoppedBefore } from '../../domain/executor.js';
import type { Skill } from '../../domain/skill.js';

/** Runs deterministic skills, found by the task's capability. */
export class BuiltinExecutor implements Executor {
  readonly name = 'builtin';
  private readonly skills: ReadonlyMap<string, Skill & { check: ReturnType<typeof schemaCheck> }>;

  constructor(skills: readonly Skill[]) {
    this.skills = new Map(
      skills.map((skill) => [skill.capability, { ...bound(skill), check: schemaCheck(skill.inputSchema) }] as const),
    );
  }

  usesFolder({ capability }: TaskMessage): boolean {
    return this.skills.get(capability)?.usesFolder === true;
  }

  async *run(task: TaskMessage, context: ExecutionContext): AsyncIterable<ExecutorEvent> {
    const skill = this.skills.get(task.capability);
    if (skill === undefined) {
      yield {
        kind: 'failed',
        message: `there is no builtin skill "${task.capability}"; known: ${[...this.skills.keys()].join(', ')}`,
        retryable: false,
      };
      return;
    }
    const violations = skill.check(task.input);
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
}

/** A skill may be a class: keep its `run` bound when its fields are copied. */
const bound = (skill: Skill): Skill => ({
  capability: skill.capability,
  summary: skill.summary,
  inputSchema: skill.inputSchema,
  ...(skill.usesFolder === undefined ? {} : { usesFolder: skill.usesFolder }),
  run: (input, context) => skill.run(input, context),
});

async function* narrate(skill: Skill, task: TaskMessage, context: ExecutionContext): AsyncIterable<ExecutorEvent> {
  const news = new EventQueue<ExecutorEvent>();
  const ending = skill
    .run(task.input as never, {
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

function failed(error: unknown): ExecutorEvent {
  const retryable = error instanceof AttemptFailed && error.retryable;
  const details = error instanceof AttemptFailed ? error.details : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', message, retryable, ...(details === undefined ? {} : { details }) };
}
