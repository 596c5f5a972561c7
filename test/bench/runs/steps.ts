import { PostgresTestServer } from '@aet/persistence/testing';
import { fileURLToPath } from 'node:url';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BENCH_CELL, Fleet } from '../support/fleet.ts';
import { type Line, line } from '../support/line.ts';
import { percentiles } from '../support/measure.ts';
import { runsPeers } from '../support/peers.ts';
import { Program } from '../support/program.ts';
import { STEPS } from '../support/three-steps.ts';
import { type Contender, ordered } from './steps/contender.ts';
import type { RunsOrder, RunsReport } from './steps/order.ts';
import { startRestate } from './steps/restate.ts';
import { startTemporal, temporalVersion } from './steps/temporal.ts';

const module = fileURLToPath(new URL('steps/aet.program.ts', import.meta.url));

/** The peers know no other measure of load than runs under way. */
const IN_FLIGHT = 64;
const WARM: RunsOrder = { runs: 1_000, inFlight: IN_FLIGHT };
const OURS: RunsOrder = { runs: 6_000, inFlight: IN_FLIGHT };
const FULL: RunsOrder = { runs: 10_000, inFlight: 256 };
const PACED: RunsOrder = { runs: 4_000, inFlight: 1_000, perSecond: 200 };
const PEER_WARM: RunsOrder = { runs: 100, inFlight: IN_FLIGHT };
const PEER: RunsOrder = { runs: 1_200, inFlight: IN_FLIGHT };

const STEPS_GOAL = 1_000;
const GAP_GOAL_MS = 25;
const TEMPORAL_GOAL = 20;

/** Runs of three steps: real processes, everything on, every event flushed to PostgreSQL, beside Temporal's development server and Restate. */
export async function* stepsBench(): AsyncGenerator<Line> {
  const versions = runsPeers.install();
  const ours = await measureOurs();
  yield line({
    bench: `runs: steps/s, ${FULL.inFlight} runs in flight`,
    value: rate(ours.full) * STEPS,
    unit: 'steps/s',
    goal: { text: `≥ ${STEPS_GOAL} steps/s`, reached: (value) => value >= STEPS_GOAL },
  });
  yield* gapLines(ours.paced);
  const temporal = temporalVersion();
  if (temporal === undefined) yield* alone(ours.same);
  else yield* besides(ours.same, await measurePeer(await startTemporal(temporal)), `≥ ${TEMPORAL_GOAL}× Temporal`);
  yield* besides(ours.same, await measurePeer(await startRestate(versions['@restatedev/restate-server'] ?? '')));
}

async function measureOurs(): Promise<Record<'same' | 'full' | 'paced', RunsReport>> {
  await using postgres = await PostgresTestServer.start({ fsync: 'on' });
  await using fleet = await Fleet.start({ ...(await postgres.freshDatabase()), poolSize: 10 });
  await using program = await Program.start({
    module,
    args: [fleet.nats.url, BENCH_CELL],
    cwd: tmpdir(),
    logFile: join(tmpdir(), 'aet-bench-runs.log'),
  });
  await ordered(program, WARM);
  const same = await ordered(program, OURS);
  const full = await ordered(program, FULL);
  const paced = await ordered(program, PACED);
  return { same, full, paced };
}

async function measurePeer(contender: Contender): Promise<{ name: string; report: RunsReport }> {
  await using peer = contender;
  await peer.run(PEER_WARM);
  return { name: peer.name, report: await peer.run(PEER) };
}

/** Runs a second. */
const rate = ({ took, begun, ended }: RunsReport): number => (took.length / (ended - begun)) * 1_000;

function* gapLines(paced: RunsReport): Generator<Line> {
  const { p50, p99 } = percentiles(paced.gaps);
  const bench = (what: string): string => `runs: end of a step to the start of the next, ${PACED.perSecond} runs/s, ${what}`;
  yield line({ bench: bench('p50'), value: p50, unit: 'ms' });
  const goal = { text: `≤ ${GAP_GOAL_MS} ms`, reached: (value: number) => value <= GAP_GOAL_MS };
  yield line({ bench: bench('p99'), value: p99, unit: 'ms', goal });
}

function* besides(ours: RunsReport, { name, report }: { name: string; report: RunsReport }, goal?: string): Generator<Line> {
  const bench = (what: string): string => `runs of three steps, ${IN_FLIGHT} in flight: ${what}`;
  yield line({
    bench: bench('runs/s'),
    value: rate(ours),
    unit: 'runs/s',
    peer: { name, value: rate(report) },
    ...(goal === undefined ? {} : { goal: { text: goal, reached: (_: number, ratio: number) => ratio >= TEMPORAL_GOAL } }),
  });
  const [mine, theirs] = [percentiles(ours.took), percentiles(report.took)];
  yield line({ bench: bench('p50'), value: mine.p50, unit: 'ms', peer: { name, value: theirs.p50 } });
  yield line({ bench: bench('p99'), value: mine.p99, unit: 'ms', peer: { name, value: theirs.p99 } });
}

/** Without a `temporal` on PATH its goal can be neither reached nor missed: the line says so. */
function* alone(ours: RunsReport): Generator<Line> {
  yield line({
    bench: `runs of three steps, ${IN_FLIGHT} in flight: runs/s (no temporal on PATH to compare with)`,
    value: rate(ours),
    unit: 'runs/s',
  });
}
