import type { AetConfig } from '@aet/config';
import { BuiltinExecutor } from './adapters/executors/builtin.executor.js';
import { ClaudeExecutor } from './adapters/executors/claude.executor.js';
import { CommandExecutor } from './adapters/executors/command.executor.js';
import type { Executor } from './domain/executor.js';
import type { OfferedSkill } from './domain/skill.js';

export interface ExecutorParts {
  skills: readonly OfferedSkill[];
  /** What programs of the `command` executor may inherit from. */
  environment: NodeJS.ProcessEnv;
  anthropic: AetConfig['models']['anthropic'];
}

/** Every way to do a task, by the name that an agent's file calls it. */
export function executorsOf({ skills, environment, anthropic }: ExecutorParts): ReadonlyMap<string, Executor> {
  const all = [new BuiltinExecutor(skills), new CommandExecutor(environment), new ClaudeExecutor(anthropic)];
  return new Map(all.map((executor) => [executor.name, executor]));
}
