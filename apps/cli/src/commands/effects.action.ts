import { type EffectList, type EffectView, ValidationFailed } from '@aet/contracts';
import { ConsoleOutput } from '../adapters/console-output.js';
import { effectLine, effectTable } from '../domain/effect-table.js';
import { ExitCode } from './command-context.js';
import type { EffectListOptions, EffectResolveOptions } from './effects.command.js';
import { operatorGateway, operatorWord } from './queue.action.js';

export async function listEffects(options: EffectListOptions, named: string | undefined): Promise<number> {
  const { run, state, lines } = options;
  const list = await operatorGateway(options, named).read<EffectList>('/v1/effects', { runId: run, state, limit: lines });
  const output = new ConsoleOutput();
  if (options.json === true) output.json(list);
  else for (const line of effectTable(list)) output.result(line);
  return ExitCode.Done;
}

export async function resolveEffect(
  runId: string,
  key: string,
  options: EffectResolveOptions,
  named: string | undefined,
): Promise<number> {
  const { done, notDone, step, item, result, reason } = options;
  if ((done === true) === (notDone === true)) {
    const message = 'say either --done or --not-done';
    throw new ValidationFailed(message, [{ path: 'outcome', rule: 'oneOf', message }]);
  }
  const view = await operatorGateway(options, named).write<EffectView>('POST', '/v1/effects/resolve', {
    runId,
    key,
    outcome: done === true ? 'done' : 'not-done',
    step,
    item,
    result,
    ...operatorWord(reason),
  });
  const output = new ConsoleOutput();
  if (options.json === true) output.json(view);
  else output.result(effectLine(view));
  return ExitCode.Done;
}
