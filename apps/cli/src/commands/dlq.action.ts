import { ConsoleOutput } from '../adapters/console-output.js';
import { letterLines, letterTable } from '../domain/letter-table.js';
import { ExitCode } from './command-context.js';
import type { DlqActOptions, DlqListOptions, DlqOptions } from './dlq.command.js';
import { operatorGateway, operatorWord } from './queue.action.js';

export async function listLetters(options: DlqListOptions, named: string | undefined): Promise<number> {
  const { capability, reason, lines, before } = options;
  const page = await operatorGateway(options, named).deadLetters({
    ...(capability === undefined ? {} : { capability }),
    ...(reason === undefined ? {} : { reason }),
    ...(lines === undefined ? {} : { limit: lines }),
    ...(before === undefined ? {} : { before }),
  });
  const output = new ConsoleOutput();
  if (options.json === true) output.json(page);
  else {
    for (const line of letterTable(page)) output.result(line);
    if (page.next !== undefined) output.note(`older ones: --before ${page.next}`);
  }
  return ExitCode.Done;
}

export async function showLetter(sequence: number, options: DlqOptions, named: string | undefined): Promise<number> {
  const letter = await operatorGateway(options, named).deadLetter(sequence);
  const output = new ConsoleOutput();
  if (options.json === true) output.json(letter);
  else for (const line of letterLines(letter)) output.result(line);
  return ExitCode.Done;
}

export async function retryLetter(sequence: number, options: DlqActOptions, named: string | undefined): Promise<number> {
  const redriven = await operatorGateway(options, named).retryDeadLetter(sequence, operatorWord(options.reason));
  const output = new ConsoleOutput();
  if (options.json === true) output.json(redriven);
  else {
    const attempts = redriven.attempts.map(
      ({ step, item, attempt }) => `${step}${item === undefined ? '' : `#${item}`} (attempt ${attempt})`,
    );
    output.result(`run ${redriven.runId} goes on: ${attempts.join(', ') || 'no task was left to do'}`);
    output.note(`see \`aet trace ${redriven.runId}\``);
  }
  return ExitCode.Done;
}

export async function dropLetter(sequence: number, options: DlqActOptions, named: string | undefined): Promise<number> {
  const { by, reason = '' } = operatorWord(options.reason);
  const dropped = await operatorGateway(options, named).dropDeadLetter(sequence, { by, reason });
  const output = new ConsoleOutput();
  if (options.json === true) output.json(dropped);
  else output.result(`dead letter ${dropped.sequence} is removed`);
  return ExitCode.Done;
}
