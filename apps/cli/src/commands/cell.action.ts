import type { AdoptionPage, CellConflictList, CellsView, RunAdoptionView } from '@aet/contracts';
import { ConsoleOutput } from '../adapters/console-output.js';
import { adoptionLines, adoptionSummary, cellTable, conflictTable } from '../domain/cell-table.js';
import type { CellAdoptOptions, CellConflictOptions, CellOptions } from './cell.command.js';
import { ExitCode } from './command-context.js';
import { operatorGateway, operatorWord } from './queue.action.js';

export async function listCells(options: CellOptions, named: string | undefined): Promise<number> {
  const view = await operatorGateway(options, named).read<CellsView>('/v1/cells', {});
  const output = new ConsoleOutput();
  if (options.json === true) output.json(view);
  else for (const line of cellTable(view)) output.result(line);
  return ExitCode.Done;
}

export async function listConflicts(options: CellConflictOptions, named: string | undefined): Promise<number> {
  const list = await operatorGateway(options, named).read<CellConflictList>('/v1/cells/conflicts', { limit: options.lines });
  const output = new ConsoleOutput();
  if (options.json === true) output.json(list);
  else for (const line of conflictTable(list)) output.result(line);
  return ExitCode.Done;
}

/** Page after page. What is refused is told, keeps nothing else, and makes the command fail. */
export async function adoptCell(lost: string, options: CellAdoptOptions, named: string | undefined): Promise<number> {
  const { json, dryRun, all, acceptGap, force, reason } = options;
  const gateway = operatorGateway(options, named);
  const output = new ConsoleOutput();
  const runs: RunAdoptionView[] = [];
  let cell = '';
  for (let after: string | undefined, more = true; more;) {
    const wish = { cell: lost, dryRun, all, acceptGap, force, after, ...operatorWord(reason) };
    const page: AdoptionPage = await gateway.write<AdoptionPage>('POST', '/v1/cells/adopt', wish);
    cell = page.cell;
    runs.push(...page.runs);
    if (json !== true) for (const line of adoptionLines(page.runs)) output.result(line);
    after = page.next;
    more = after !== undefined;
  }
  if (json === true) output.json({ from: lost, cell, dryRun: dryRun ?? false, runs });
  else output.result(adoptionSummary(lost, cell, runs));
  return runs.some(({ outcome }) => outcome === 'refused') ? ExitCode.Failed : ExitCode.Done;
}
