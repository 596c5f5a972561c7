import type {
  ErrorGroup,
  FleetHealth,
  InstanceHealth,
  InstanceList,
  InstanceRecord,
  PortList,
  ServiceName,
  TimelineView,
} from '@aet/contracts';

interface Sample {
  service: ServiceName;
  id: string;
  cell: string;
  host: string;
  minutes: number;
  cpu: number;
  mb: number;
  active?: number;
  capacity?: number;
  state?: InstanceHealth['state'];
  problems?: Record<string, string>;
}

const SAMPLES: Sample[] = [
  { service: 'service-registry', id: 'k3v9a2mx', cell: 'mainpc', host: 'mainpc', minutes: 2881, cpu: 0.01, mb: 96 },
  {
    service: 'orchestrator',
    id: 'b81zq0pt',
    cell: 'mainpc',
    host: 'mainpc',
    minutes: 2881,
    cpu: 0.12,
    mb: 142,
    active: 2,
    capacity: 0,
  },
  { service: 'agent', id: 'main0000', cell: 'mainpc', host: 'mainpc', minutes: 2880, cpu: 1.63, mb: 388, active: 6, capacity: 8 },
  { service: 'agent', id: 'pc200000', cell: 'mainpc', host: 'pc2', minutes: 131, cpu: 0.87, mb: 301, active: 3, capacity: 4 },
  { service: 'km', id: 'w5n7d1ke', cell: 'mainpc', host: 'mainpc', minutes: 2881, cpu: 0.34, mb: 171 },
  { service: 'observability-hub', id: 'r2c8h6yf', cell: 'mainpc', host: 'mainpc', minutes: 2881, cpu: 0.03, mb: 118 },
  {
    service: 'observability-hub',
    id: 'x9e4t7lu',
    cell: 'mainpc',
    host: 'pc2',
    minutes: 14,
    cpu: 0.05,
    mb: 110,
    state: 'degraded',
    problems: { 'events-copy': 'the mirror of pc2 is 12 s behind' },
  },
  {
    service: 'gateway',
    id: 'd6j3s8vo',
    cell: 'mainpc',
    host: 'mainpc',
    minutes: 2881,
    cpu: 0.02,
    mb: 104,
    active: 3,
    capacity: 500,
  },
  { service: 'service-registry', id: 'p4m1f5wi', cell: 'pc2', host: 'pc2', minutes: 640, cpu: 0.01, mb: 94 },
  { service: 'orchestrator', id: 'h7u2g9rb', cell: 'pc2', host: 'pc2', minutes: 640, cpu: 0.04, mb: 131 },
  {
    service: 'agent',
    id: 'y0q6n3zc',
    cell: 'pc2',
    host: 'pc2',
    minutes: 640,
    cpu: 0.02,
    mb: 244,
    active: 0,
    capacity: 4,
    state: 'draining',
  },
  { service: 'km', id: 'a5l8x2jd', cell: 'pc2', host: 'pc2', minutes: 640, cpu: 0.02, mb: 160, state: 'lost' },
];

function recordOf(sample: Sample, now: Date, index: number): InstanceRecord {
  const port = 5000 + index;
  return {
    service: sample.service,
    instance: `${sample.service}-${sample.id}`,
    version: '0.1.0',
    slot: 'blue',
    cell: sample.cell,
    host: sample.host,
    pid: 4000 + index,
    startedAt: new Date(now.getTime() - sample.minutes * 60_000).toISOString(),
    url: `http://127.0.0.1:${port}`,
    ports: { http: port },
    capabilities: sample.service === 'agent' ? ['secret-scan', 'test-runner'] : [],
    labels: {},
    health: sample.state === 'degraded' ? 'degraded' : sample.state === 'draining' ? 'draining' : 'ready',
    load: { cpu: sample.cpu, rssBytes: sample.mb * 1024 * 1024, active: sample.active ?? 0, capacity: sample.capacity ?? 0 },
  };
}

const cellsOf = <T>(
  make: (sample: Sample, index: number) => T,
  keep: (sample: Sample) => boolean,
): { cell: string; instances: T[] }[] =>
  ['mainpc', 'pc2'].map((cell) => ({
    cell,
    instances: SAMPLES.flatMap((sample, index) => (sample.cell === cell && keep(sample) ? [make(sample, index)] : [])),
  }));

export const sampleLeases = (now: Date): InstanceList => ({
  cells: cellsOf(
    (s, i) => recordOf(s, now, i),
    (s) => s.state !== 'lost',
  ).map(({ cell, instances }) => ({
    cell,
    state: cell === 'mainpc' ? 'local' : 'reachable',
    at: now.toISOString(),
    instances,
  })),
});

export const sampleHealth = (now: Date): FleetHealth => ({
  at: now.toISOString(),
  hub: 'observability-hub-r2c8h6yf',
  cells: cellsOf<InstanceHealth>(
    (s, i) => ({
      record: recordOf(s, now, i),
      state: s.state ?? 'up',
      lastSeen: new Date(now.getTime() - (s.state === 'lost' ? 95_000 : 800)).toISOString(),
      problems: s.problems ?? {},
    }),
    () => true,
  ).map((c) => ({ ...c, reachable: true })),
  errors: { total: 41, lastHour: 3 },
});

export const samplePorts = (now: Date): PortList => ({
  ports: SAMPLES.map((s, i) => ({
    host: s.host,
    port: 5000 + i,
    instance: `${s.service}-${s.id}`,
    purpose: 'http',
    token: i + 1,
    at: now.toISOString(),
  })),
  pools: [{ host: 'mainpc', pool: 'service', from: 5000, to: 9000, used: SAMPLES.length }],
});

function group(
  now: Date,
  code: string,
  message: string,
  count: number,
  minutesAgo: number,
  severity: string,
  runId?: string,
): ErrorGroup {
  const at = new Date(now.getTime() - minutesAgo * 60_000).toISOString();
  return {
    fingerprint: Buffer.from(code + message)
      .toString('hex')
      .slice(0, 16),
    count,
    firstAt: new Date(now.getTime() - (minutesAgo + 300) * 60_000).toISOString(),
    lastAt: at,
    services: ['agent'],
    last: {
      at,
      cell: 'mainpc',
      host: 'pc2',
      service: 'agent',
      instance: 'agent-pc200000',
      severity,
      code,
      message,
      fingerprint: 'f',
      ...(runId === undefined ? {} : { runId, correlationId: runId, agent: 'test-executor' }),
    },
  };
}

export const sampleErrors = (now: Date, runId: string): ErrorGroup[] => [
  group(
    now,
    'ATTEMPT_TIMEOUT',
    'test-runner did not finish within 300 s and was ended with its process group',
    4,
    3,
    'high',
    runId,
  ),
  group(
    now,
    'UNAVAILABLE',
    'the registry audit endpoint answered 502: advisories are unavailable for this run',
    36,
    18,
    'medium',
  ),
  group(now, 'LEASE_LOST', 'the lease km-a5l8x2jd was not renewed in time: the process was paused for 4.2 s', 1, 52, 'critical'),
];

export const sampleTimeline = (now: Date, runId: string): TimelineView => ({
  correlationId: runId,
  runId,
  entries: [
    {
      at: now.toISOString(),
      cell: 'mainpc',
      service: 'orchestrator',
      type: 'run.submitted',
      summary: 'review was submitted',
      data: {},
    },
    {
      at: now.toISOString(),
      cell: 'mainpc',
      service: 'agent',
      type: 'attempt.completed',
      summary: 'range by integrator',
      durationMs: 312,
      data: {},
    },
  ],
});
