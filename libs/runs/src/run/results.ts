import { type ErrorBody, ErrorCode, type RunEvent, RunEventType } from '@aet/contracts';
import { opened } from '../expressions/values.js';
import { outputProblem } from '../language/output-schema.js';
import type { Circumstances } from './circumstances.js';
import type { RunState, TaskState } from './run-state.js';
import type { Complete, EndChild, Fail, Save } from './run.commands.js';
import { declaredStep, isOpenStep, stepOf, taskOf } from './step-state.js';

/** What the log gets of the end of an attempt, or of what it saved; nothing when nobody waits for it any more. @throws {PayloadNeeded} */
export function resultEvents(
  state: RunState,
  command: Complete | Fail | Save | EndChild,
  circumstances: Circumstances,
): RunEvent[] {
  const task = awaitedTask(state, command);
  if (task === undefined) return [];
  switch (command.kind) {
    case 'complete':
      return [completed(state, command, circumstances)];
    case 'fail': {
      const { kind: _, ...data } = command;
      return [{ type: RunEventType.AttemptFailed, data }];
    }
    case 'save': {
      const { kind: _, ...data } = command;
      return [{ type: RunEventType.AttemptSaved, data }];
    }
    case 'end-child':
      return task.childRunId === command.childRunId ? [childEnded(state, command, circumstances)] : [];
    default:
      return command satisfies never;
  }
}

function awaitedTask(state: RunState, { step: name, item, attempt }: Complete | Fail | Save | EndChild): TaskState | undefined {
  const step = stepOf(state, name);
  const task = step === undefined || !isOpenStep(state, name) ? undefined : taskOf(step, item);
  return task?.status === 'running' && task.attempt === attempt ? task : undefined;
}

/** An output that is not what the step promises is a failure: doing it again would not mend the agent. */
function completed(state: RunState, { kind: _kind, ...data }: Complete, circumstances: Circumstances): RunEvent {
  const { output, cached: _cached, ...end } = data;
  const error = brokenPromise(state, data.step, output, circumstances);
  if (error === undefined) return { type: RunEventType.AttemptCompleted, data };
  return { type: RunEventType.AttemptFailed, data: { ...end, error } };
}

function childEnded(state: RunState, { kind: _kind, end, ...place }: EndChild, circumstances: Circumstances): RunEvent {
  const error = end.status === 'completed' ? brokenPromise(state, place.step, end.output, circumstances) : undefined;
  const outcome = error === undefined ? end : ({ status: 'failed', error } as const);
  return { type: RunEventType.ChildEnded, data: { ...place, ...outcome } };
}

function brokenPromise(state: RunState, name: string, output: unknown, { payloads }: Circumstances): ErrorBody | undefined {
  const schema = declaredStep(state, name)?.outputSchema;
  const problem = schema === undefined ? undefined : outputProblem(schema, opened(output, payloads));
  if (problem === undefined) return undefined;
  const message = `the output of step "${name}" is not what its outputSchema says: ${problem}`;
  return { code: ErrorCode.ValidationFailed, message, retryable: false };
}
