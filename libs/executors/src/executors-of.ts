import type { AetConfig } from '@aet/config';
import { BuiltinExecutor } from './adapters/executors/builtin.executor.js';
import { ClaudeExecutor } from './adapters/executors/claude.executor.js';
import { CommandExecutor } from './adapters/executors/command.executor.js';
import type { ModelPrices } from './batches/model-cost.js';
import type { Executor } from './domain/executor.js';
import type { OfferedSkill } from './domain/skill.js';

export interface ExecutorParts {
  skills: readonly OfferedSkill[];
  /** What programs of the `command` executor may inherit from. */
  environment: NodeJS.ProcessEnv;
  anthropic: AetConfig['models']['anthropic'];
  /** Absent: what a model costs is not known. */
  prices?: ModelPrices;
}

/** Every way to do a task, by the name that an agent's file calls it. */
export function executorsOf({ skills, environment, anthropic, prices }: ExecutorParts): ReadonlyMap<string, Executor> {
  const all = [new BuiltinExecutor(skills), new CommandExecutor(environment), new ClaudeExecutor(anthropic, prices)];
  return new Map(all.map((executor) => [executor.name, executor]));
}
