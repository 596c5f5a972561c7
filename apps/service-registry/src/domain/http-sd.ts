import type { CellPicture, InstanceRecord } from '@aet/contracts';

/** One entry of Prometheus' `http_sd` format. Source: prometheus.io/docs/prometheus/latest/http_sd. */
export interface TargetGroup {
  targets: string[];
  labels: Record<string, string>;
}

/** Every instance that has an address and whose cell is in reach. */
export const targetGroups = (cells: readonly CellPicture[]): TargetGroup[] =>
  cells.filter(({ state }) => state !== 'unreachable').flatMap(({ instances }) => instances.flatMap(targetGroup));

function targetGroup(record: InstanceRecord): TargetGroup[] {
  if (record.url === undefined || !URL.canParse(record.url)) return [];
  const { host, protocol } = new URL(record.url);
  const { service, instance, cell, slot, version } = record;
  const own = Object.entries(record.labels).map(([name, value]) => [`host_label_${labelName(name)}`, value] as const);
  return [
    {
      targets: [host],
      labels: {
        ...Object.fromEntries(own),
        __scheme__: protocol.slice(0, -1),
        service,
        instance,
        cell,
        host: record.host,
        slot,
        version,
      },
    },
  ];
}

/** Prometheus allows letters, digits and `_` in a label's name. */
const labelName = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_');
