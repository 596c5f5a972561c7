/** What a client process reports. Times in milliseconds, rates by the second, CPU in seconds of one core by second of load. */
export interface LoadReport {
  rate: number;
  p50: number;
  p99: number;
  p999: number;
  cpu: number;
  failed: number;
}

export interface LoadPlan {
  inFlight: number;
  warmMs: number;
  loadMs: number;
}

/** Keeps `inFlight` calls open, each begun when the one before it ended, first to warm up, then to be measured. */
export async function underLoad(call: () => Promise<unknown>, plan: LoadPlan): Promise<LoadReport> {
  await stretch(call, plan.inFlight, plan.warmMs);
  const cpu = process.cpuUsage();
  const { times, seconds, failed } = await stretch(call, plan.inFlight, plan.loadMs);
  const { user, system } = process.cpuUsage(cpu);
  times.sort();
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return {
    rate: times.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    cpu: (user + system) / 1e6 / seconds,
    failed,
  };
}

async function stretch(call: () => Promise<unknown>, inFlight: number, forMs: number) {
  const times: number[] = [];
  let failed = 0;
  const begun = performance.now();
  const lane = async (): Promise<void> => {
    while (performance.now() - begun < forMs) {
      const from = performance.now();
      try {
        await call();
        times.push(performance.now() - from);
      } catch (error) {
        failed += 1;
        if (failed > 100) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { times: Float64Array.from(times), seconds: (performance.now() - begun) / 1_000, failed };
}
