import type { RunsOrder, RunsReport } from './order.ts';
import type { Program } from '../../support/program.ts';

/** Something that does runs of three steps. */
export interface Contender extends AsyncDisposable {
  /** With its version. */
  readonly name: string;
  run(order: RunsOrder): Promise<RunsReport>;
}

/** Lets a program carry out an order. */
export async function ordered(program: Program, order: RunsOrder): Promise<RunsReport> {
  const told = program.told<RunsReport>('report');
  program.send(order);
  return told;
}
