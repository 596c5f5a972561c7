import { parseArgs } from 'node:util';
import { Witness } from './evidence.ts';
import { ackWaitOf, describeFault, KINDS } from './fault.ts';
import { planOf } from './plan.ts';
import { soak } from './soak/command.ts';
import { playRound, type RoundReport } from './round.ts';
import { canMount } from './small-disk.ts';
import { figuresOf, type RoundLine, summary } from './summary.ts';
import { World } from './world.ts';

/** Of one round: about twice as many tasks. */
const SUBMISSIONS = 20;

const HELP = `usage: npm run chaos -- [--kind KIND|all] [--runs N] [--seed S] [--tasks T] [--json]

Runs rounds of real work on a real cell while faults of a kind are injected, and holds what happened against what was promised.
The seeds of the rounds are S, S+1, …: a round is repeated by its kind and its seed with --runs 1.

  --kind   ${KINDS.join(', ')}; all: each of them (default)
  --runs   rounds of each kind (default 1)
  --seed   of the first round (default: by chance; it is printed)
  --tasks  submissions in a round (default ${SUBMISSIONS})
  --json   one line of JSON for each round
  --soak   MINUTES: no rounds, but runs of every kind, 500 at once, while three orchestrators are killed, paused and restarted
  --table  FILE…: no rounds; the counts of what --json wrote there, as a table

Ends with 1 when a promise was broken.
`;

export async function chaos(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      kind: { type: 'string' },
      runs: { type: 'string' },
      seed: { type: 'string' },
      tasks: { type: 'string' },
      json: { type: 'boolean' },
      soak: { type: 'string' },
      table: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  if (values.table === true) {
    console.log(summary(positionals));
    return 0;
  }
  const kinds = values.kind === undefined || values.kind === 'all' ? KINDS : values.kind.split(',');
  const unknown = kinds.filter((kind) => !KINDS.includes(kind));
  if (unknown.length > 0) {
    console.error(`error: no kind of fault is called ${unknown.join(', ')}\n\n${HELP}`);
    return 2;
  }
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  if (values.soak !== undefined) return soak(Number(values.soak), seed);
  const tasks = Number(values.tasks ?? SUBMISSIONS);
  await using stage = new Stage();
  let broken = 0;
  for (const kind of kinds) {
    for (let run = 0; run < Number(values.runs ?? 1); run++) {
      if (kind.startsWith('full-') && !canMount) {
        console.error(`${kind}: skipped, a disk that can be filled needs Linux and root`);
        break;
      }
      const report = await stage.play(kind, seed + run, tasks);
      if (report.breaches.length > 0) broken++;
      console.log(values.json === true ? asJson(kind, seed + run, report) : asLine(kind, seed + run, report));
    }
  }
  return broken === 0 ? 0 : 1;
}

/** The world of the moment. After a round with a breach its folder is left as it is, for whoever looks for the cause, and the next round gets a new world. */
class Stage implements AsyncDisposable {
  private world: World | undefined;
  private witness: Witness | undefined;
  private rounds = 0;

  async play(kind: string, seed: number, tasks: number): Promise<RoundReport> {
    if (this.world?.ackWaitMs !== ackWaitOf(kind)) await this[Symbol.asyncDispose]();
    this.world ??= await World.start(ackWaitOf(kind));
    this.witness ??= await Witness.of(this.world);
    const plan = planOf(kind, seed, `r${this.rounds++}`, tasks);
    console.error(`${kind} seed ${seed}: ${plan.faults.map(describeFault).join('; ') || 'no fault'}`);
    const report = await playRound(this.world, this.witness, plan);
    if (report.breaches.length > 0) {
      for (const { rule, about, says } of report.breaches) console.error(`  BROKEN ${rule}: ${about}: ${says}`);
      console.error(`  logs and notes are kept in ${this.world.keep()}`);
      await this[Symbol.asyncDispose]();
    }
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.witness?.[Symbol.asyncDispose]();
    await this.world?.[Symbol.asyncDispose]();
    this.witness = undefined;
    this.world = undefined;
  }
}

const asJson = (kind: string, seed: number, report: RoundReport): string =>
  JSON.stringify({ kind, seed, ...figuresOf(report) } satisfies RoundLine);

function asLine(kind: string, seed: number, report: RoundReport): string {
  const { submits, runs, executions, effects, letters, tookMs } = figuresOf(report);
  const verdict = report.breaches.length === 0 ? 'kept' : `${report.breaches.length} BROKEN`;
  return `${kind} seed ${seed}: ${submits} submits, ${runs} runs, ${executions} executions, ${effects} effects, ${letters} dead letters, ${(tookMs / 1000).toFixed(1)} s: ${verdict}`;
}
