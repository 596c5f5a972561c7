import { EffectInDoubt, type TaskMessage } from '@aet/contracts';
import { render } from '@aet/runs';
import type { AgentDefinition } from '../../domain/agent-definition.js';
import type { ExecutionContext, ExecutorEvent } from '../../domain/executor.js';
import type { EffectToken, Reconciled } from '../../effects/effect.js';
import type { ProgramEnd } from '../process-group.js';

type Command = NonNullable<AgentDefinition['command']>;

/** Starts a program for the attempt; the end, and what it means as an event. */
export type StartProgram = (
  command: Command,
  signal: AbortSignal,
  environment: Record<string, string>,
) => Promise<{ end: ProgramEnd; event: ExecutorEvent }>;

/** The program did not do it, or nobody knows: its own event says how it ended. */
class ProgramFailed extends Error {
  constructor(readonly event: ExecutorEvent) {
    super('the program failed');
  }
}

/** Runs an agent's program as one effect: once over all attempts of the task, and reconciled by a second program where it is in doubt. */
export async function programAsEffect(
  { program, args, effect }: Command & { effect: NonNullable<AgentDefinition['effect']> },
  task: TaskMessage,
  { agent, services }: ExecutionContext,
  start: StartProgram,
): Promise<ExecutorEvent> {
  let tooLarge: ExecutorEvent | undefined;
  const perform = async ({ idempotencyKey, fence, signal }: EffectToken): Promise<unknown> => {
    const environment = { AET_EFFECT_KEY: idempotencyKey, AET_EFFECT_FENCE: String(fence) };
    const { end, event } = await start({ program, args }, signal, environment);
    if (event.kind === 'completed') return event.output;
    if (end.exitCode !== 0) throw new ProgramFailed(event);
    // It was done; only what it printed cannot be kept.
    tooLarge = event;
    return null;
  };
  const reconcile = async (signal: AbortSignal): Promise<Reconciled<unknown>> => {
    const { end, event } = await start(effect.reconcile, signal, {});
    if (event.kind === 'completed') return { state: 'done', result: event.output };
    return { state: end.exitCode === 1 ? 'not-done' : 'unknown' };
  };
  try {
    const output = await services.effect(keyOf(agent, task), { perform, reconcile });
    return tooLarge ?? { kind: 'completed', output };
  } catch (error) {
    if (error instanceof ProgramFailed) return error.event;
    if (!(error instanceof EffectInDoubt)) throw error;
    const { message, code, details } = error;
    return { kind: 'failed', message, code, retryable: false, details };
  }
}

function keyOf({ name, effect }: AgentDefinition, task: TaskMessage): string {
  if (effect?.key === undefined) return name;
  const inputs = (typeof task.input === 'object' && task.input !== null ? task.input : {}) as Record<string, unknown>;
  const key = render(effect.key, { inputs, steps: {} });
  return (typeof key === 'string' ? key : JSON.stringify(key)).slice(0, 200);
}
