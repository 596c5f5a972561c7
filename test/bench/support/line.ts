/** One figure of a benchmark. `peer` is null where nothing comparable exists; `goal` is null where none was asked. */
export interface Line {
  bench: string;
  value: number;
  unit: string;
  peer: string | null;
  peerValue: number | null;
  /** Ours to the peer's: above 1 is better for rates, below 1 for times. */
  ratio: number | null;
  goal: string | null;
  reached: boolean | null;
}

/** What a benchmark knows; the rest follows. */
export interface Figure {
  bench: string;
  value: number;
  unit: string;
  peer?: { name: string; value: number };
  goal?: { text: string; reached: (value: number, ratio: number) => boolean };
}

export function line({ bench, value, unit, peer, goal }: Figure): Line {
  const ratio = peer === undefined ? null : value / peer.value;
  return {
    bench,
    value: rounded(value),
    unit,
    peer: peer?.name ?? null,
    peerValue: peer === undefined ? null : rounded(peer.value),
    ratio: ratio === null ? null : rounded(ratio),
    goal: goal?.text ?? null,
    reached: goal === undefined ? null : goal.reached(value, ratio ?? Number.NaN),
  };
}

/** Three significant digits say all that a measurement on a shared machine knows. */
const rounded = (value: number): number => Number(value.toPrecision(3));
