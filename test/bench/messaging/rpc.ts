import { NatsTestServer } from '@aet/messaging/testing';
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Line, line } from '../support/line.ts';
import { messagingPeers } from '../support/peers.ts';
import type { Assignment } from './programs/contender.ts';
import type { LoadReport } from './programs/load.ts';

const OURS = 'AET';
const PROGRAMS: Readonly<Record<string, string>> = {
  [OURS]: 'aet',
  'Nest NATS transport': 'nest',
  Moleculer: 'moleculer',
  'nats.js request': 'raw',
  'lean limit': 'lean',
};
/** At least so many times the peer's rate. */
const GOALS: Readonly<Record<string, number>> = { 'Nest NATS transport': 2.5, Moleculer: 1.5 };

interface Scenario {
  name: string;
  bytes: number;
  inFlight: number;
  servers: number;
  /** Every contender in turn, so often; the median counts. */
  rounds: number;
  goals: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  { name: '200 B, 64 in flight', bytes: 200, inFlight: 64, servers: 1, rounds: 3, goals: true },
  { name: '200 B, 1 in flight', bytes: 200, inFlight: 1, servers: 1, rounds: 1, goals: false },
  { name: '200 B, 512 in flight', bytes: 200, inFlight: 512, servers: 1, rounds: 1, goals: false },
  { name: '20 KB, 64 in flight', bytes: 20_000, inFlight: 64, servers: 1, rounds: 1, goals: false },
  { name: '200 B, 64 in flight, two servers', bytes: 200, inFlight: 64, servers: 2, rounds: 1, goals: false },
];
const WARM_MS = 1_500;
const LOAD_MS = 2_500;

/** A measurement of one contender. CPU in seconds of one core by second. */
interface Measured extends LoadReport {
  serverCpu: number;
  natsCpu: number;
}

/** Request and reply over one nats-server: ours with validation, trace headers and counts, beside the peers with theirs. */
export async function* rpcBench(): AsyncGenerator<Line> {
  const versions = messagingPeers.install();
  await using nats = await NatsTestServer.start({ jetstream: false });
  for (const scenario of SCENARIOS) {
    const measured = new Map<string, Measured>();
    for (const [name, rounds] of await inTurn(nats, scenario)) measured.set(name, medianOf(rounds));
    yield* linesOf(scenario, measured, versions);
  }
}

async function inTurn(nats: NatsTestServer, scenario: Scenario): Promise<Map<string, Measured[]>> {
  const rounds = new Map<string, Measured[]>();
  for (let round = 0; round < scenario.rounds; round++) {
    for (const name of Object.keys(PROGRAMS))
      rounds.set(name, [...(rounds.get(name) ?? []), await measure(nats, name, scenario)]);
  }
  return rounds;
}

async function measure(nats: NatsTestServer, name: string, { bytes, inFlight, servers }: Scenario): Promise<Measured> {
  const program = fileURLToPath(new URL(`programs/${PROGRAMS[name]}.program.ts`, import.meta.url));
  const running: ChildProcess[] = [];
  const start = async (role: string): Promise<ChildProcess> => {
    const child = fork(program, [role, nats.url], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    running.push(child);
    await told(child, 'ready');
    return child;
  };
  try {
    const answering = await Promise.all(Array.from({ length: servers }, () => start('server')));
    const client = await start('client');
    const usedBefore = cpuSeconds(nats.pid);
    const begun = performance.now();
    await serverCpu(answering);
    const assignment: Assignment = { bytes, inFlight, warmMs: WARM_MS, loadMs: LOAD_MS };
    client.send(assignment);
    const { report } = (await told(client, 'report')) as { report: LoadReport };
    const seconds = (performance.now() - begun) / 1_000;
    if (report.failed > 0) throw new Error(`${name}: ${report.failed} calls failed`);
    const used = cpuSeconds(nats.pid) - usedBefore;
    return { ...report, serverCpu: (await serverCpu(answering)) / seconds, natsCpu: used / seconds };
  } finally {
    for (const child of running) child.kill('SIGKILL');
  }
}

/** Since it was asked before. */
async function serverCpu(servers: readonly ChildProcess[]): Promise<number> {
  let sum = 0;
  for (const server of servers) {
    server.send('cpu');
    sum += ((await told(server, 'cpu')) as { seconds: number }).seconds;
  }
  return sum;
}

/** The next message of that kind. @throws when the program ends instead. */
function told(child: ChildProcess, kind: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const listen = (message: { kind: string }): void => {
      if (message.kind !== kind) return;
      child.off('message', listen);
      child.off('exit', gone);
      resolve(message);
    };
    const gone = (code: number | null): void => reject(new Error(`a program of the bench ended with ${code}`));
    child.on('message', listen);
    child.once('exit', gone);
  });
}

/** User and system time of a process, from its start. Linux; elsewhere not a number. */
function cpuSeconds(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

function medianOf(rounds: readonly Measured[]): Measured {
  const sorted = rounds.toSorted((a, b) => a.rate - b.rate);
  return sorted[Math.floor(sorted.length / 2)] as Measured;
}

function* linesOf(
  scenario: Scenario,
  measured: ReadonlyMap<string, Measured>,
  versions: Record<string, string>,
): Generator<Line> {
  const ours = measured.get(OURS) as Measured;
  for (const [name, theirs] of measured) {
    if (name === OURS) continue;
    const label = name === 'Moleculer' ? `${name} ${versions['moleculer']}` : name;
    const times = GOALS[name];
    const goal =
      scenario.goals && times !== undefined
        ? { text: `≥ ${times}×`, reached: (_: number, ratio: number) => ratio >= times }
        : undefined;
    const worse =
      scenario.goals && times !== undefined ? { text: 'no worse', reached: (_: number, ratio: number) => ratio <= 1 } : undefined;
    yield line({
      bench: `rpc ${scenario.name}: rate`,
      value: ours.rate,
      unit: 'calls/s',
      peer: { name: label, value: theirs.rate },
      ...(goal && { goal }),
    });
    for (const [key, title] of [
      ['p50', 'p50'],
      ['p99', 'p99'],
      ['p999', 'p99.9'],
    ] as const) {
      yield line({
        bench: `rpc ${scenario.name}: ${title}`,
        value: ours[key],
        unit: 'ms',
        peer: { name: label, value: theirs[key] },
        ...(key === 'p99' && worse && { goal: worse }),
      });
    }
    yield line({
      bench: `rpc ${scenario.name}: processor time of client, servers and nats-server`,
      value: perCall(ours),
      unit: 'µs/call',
      peer: { name: label, value: perCall(theirs) },
    });
  }
}

/** Microseconds of a core for each call, in all processes. */
const perCall = ({ cpu, serverCpu: server, natsCpu, rate }: Measured): number => ((cpu + server + natsCpu) / rate) * 1e6;
