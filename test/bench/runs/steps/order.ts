/** What a contender is told to do: `runs` runs of three steps; at most `inFlight` of them under way, or `perSecond` begun. */
export interface RunsOrder {
  runs: number;
  inFlight: number;
  perSecond?: number;
}

/** How it went. Unix milliseconds with fractions, by run; `gaps` are the times between the end of a step and the start of the next. */
export interface RunsReport {
  kind: 'report';
  begun: number;
  ended: number;
  took: number[];
  gaps: number[];
}

/** Begins runs as the order says; `execute` resolves when a run has ended. */
export async function carryOut(order: RunsOrder, execute: (index: number) => Promise<void>): Promise<Omit<RunsReport, 'gaps'>> {
  const now = (): number => performance.timeOrigin + performance.now();
  const begun = now();
  const took: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < order.runs) {
      const index = next++;
      if (order.perSecond !== undefined) {
        const wait = begun + (index * 1_000) / order.perSecond - now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      }
      const at = now();
      await execute(index);
      took[index] = now() - at;
    }
  };
  await Promise.all(Array.from({ length: order.inFlight }, lane));
  return { kind: 'report', begun, ended: now(), took };
}
