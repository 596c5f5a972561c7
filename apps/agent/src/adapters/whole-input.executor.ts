import { AetError, type TaskMessage } from '@aet/contracts';
import type { ExecutionContext, Executor, ExecutorEvent } from '@aet/executors';
import type { PayloadStore } from '@aet/messaging';
import { referencesIn, whole } from '@aet/runs';

/** Gives an executor its task's input whole: what lies in the object store is fetched before it begins. */
export class WholeInputExecutor implements Executor {
  readonly name: string;

  constructor(
    private readonly inner: Executor,
    private readonly store: Pick<PayloadStore, 'get'>,
  ) {
    this.name = inner.name;
  }

  usesFolder(task: TaskMessage): boolean {
    return this.inner.usesFolder?.(task) !== false;
  }

  async *run(task: TaskMessage, context: ExecutionContext): AsyncIterable<ExecutorEvent> {
    const fetched = await this.fetched([task.input, context.saved]);
    if ('kind' in fetched) yield fetched;
    else
      yield* this.inner.run(
        { ...task, input: whole(task.input, fetched.values) },
        { ...context, ...(context.saved === undefined ? {} : { saved: whole(context.saved, fetched.values) }) },
      );
  }

  /** The values by their checksum, or how the attempt ends without them. */
  private async fetched(within: unknown): Promise<{ values: Map<string, unknown> } | ExecutorEvent> {
    const values = new Map<string, unknown>();
    try {
      for (const { $payload } of referencesIn(within)) {
        values.set($payload.sha256, JSON.parse(await this.store.get($payload.sha256)) as unknown);
      }
      return { values };
    } catch (error) {
      const retryable = error instanceof AetError && error.retryable;
      return { kind: 'failed', message: `its input cannot be fetched: ${(error as Error).message}`, retryable };
    }
  }
}
