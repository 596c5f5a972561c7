import type { FleetView, InstanceRecord } from '@aet/contracts';

/** What the hub knows beyond the processes: who is not well and why, and which services somebody no longer calls. */
export function hubLines(view: FleetView | undefined): string[] {
  if (view === undefined) return ['', 'the gateway does not answer: no picture of the hub'];
  const instances = view.cells.flatMap((cell) => cell.instances);
  const unwell = instances.filter(({ state }) => state !== 'up');
  return [
    '',
    `hub: ${instances.length - unwell.length} of ${instances.length} instances up${view.errors === undefined ? '' : `, ${view.errors.lastHour} errors in the last hour`}`,
    ...view.cells.filter((cell) => !cell.reachable).map((cell) => `cell ${cell.cell} is unreachable`),
    ...unwell.map(({ record, state, problems }) =>
      `${record.instance}: ${state} ${Object.values(problems).join('; ')}`.trimEnd(),
    ),
    ...instances.flatMap(({ record, state }) => (state === 'lost' ? [] : breakerLines(record))),
  ];
}

const breakerLines = ({ instance, openBreakers = [] }: InstanceRecord): string[] =>
  openBreakers.length === 0 ? [] : [`${instance}: breaker open, it calls no more: ${openBreakers.join(', ')}`];
