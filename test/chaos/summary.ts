import { readFileSync } from 'node:fs';
import { KINDS } from './fault.ts';
import type { Breach } from './ledger.ts';
import type { RoundReport } from './round.ts';
import { DOOMED_ATTEMPTS } from './workload.ts';

interface Figures {
  faults: number;
  submits: number;
  runs: number;
  executions: number;
  /** Executions of a task that had been executed before, its own failures not counted. */
  repeated: number;
  effects: number;
  letters: number;
  tookMs: number;
  breaches: Breach[];
}

/** A line that `--json` writes. */
export type RoundLine = Figures & { kind: string; seed: number };

export function figuresOf({ evidence, breaches, tookMs, faults }: RoundReport): Figures {
  const begun = evidence.notes.filter(({ phase }) => phase === 'begin');
  const tasks = evidence.submissions.flatMap((submission) =>
    submission.tasks.map(({ key, failures }) => ({ key, failures, submission })),
  );
  const needed = tasks.reduce(
    (sum, { failures, submission }) => sum + (submission.expect === 'completed' ? failures + 1 : DOOMED_ATTEMPTS),
    0,
  );
  return {
    faults,
    submits: evidence.receipts.length,
    runs: evidence.runs.length,
    executions: begun.length,
    repeated: Math.max(0, begun.length - needed),
    effects: evidence.effects.length,
    letters: evidence.deadLetters.length,
    tookMs,
    breaches,
  };
}

/** A Markdown table of the rounds in these files, a row for each kind. */
export function summary(files: readonly string[]): string {
  const lines = files
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    // What a library logs to standard output stands among the rounds.
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as RoundLine);
  const byKind = Map.groupBy(lines, ({ kind }) => kind);
  const rows = KINDS.flatMap((kind) => {
    const of = byKind.get(kind);
    return of === undefined ? [] : [row(kind, of)];
  });
  const head = [
    'kind',
    'rounds',
    'seeds',
    'faults',
    'submits',
    'executions',
    'of them again',
    'effects',
    'dead letters',
    'median s',
    'slowest s',
    'broken',
  ];
  return [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows, row('all', lines).with(2, '')]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function row(kind: string, lines: readonly RoundLine[]): string[] {
  const sum = (figure: (line: RoundLine) => number): string =>
    lines.reduce((total, line) => total + figure(line), 0).toLocaleString('en');
  const took = lines.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  const seconds = (ms = 0): string => (ms / 1000).toFixed(1);
  return [
    kind,
    lines.length.toLocaleString('en'),
    ranges(lines.map(({ seed }) => seed)),
    sum(({ faults }) => faults),
    sum(({ submits }) => submits),
    sum(({ executions }) => executions),
    sum(({ repeated }) => repeated),
    sum(({ effects }) => effects),
    sum(({ letters }) => letters),
    seconds(took[Math.floor(took.length / 2)]),
    seconds(took.at(-1)),
    sum(({ breaches }) => (breaches.length > 0 ? 1 : 0)),
  ];
}

/** `1-50, 100-109` */
function ranges(seeds: readonly number[]): string {
  const sorted = [...new Set(seeds)].toSorted((a, b) => a - b);
  const starts = sorted.filter((seed) => !sorted.includes(seed - 1));
  const ends = sorted.filter((seed) => !sorted.includes(seed + 1));
  return starts.map((start, index) => (start === ends[index] ? String(start) : `${start}-${ends[index]}`)).join(', ');
}
