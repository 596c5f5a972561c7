/** Share of one core that the process used since the last reading; 1 = a whole core. */
export class CpuMeter {
  private share = 0;
  private lastCpuMicros: number;

  /** @param cpuMicros user and system time since the start of the process; @param nowMs monotonic */
  constructor(
    private readonly cpuMicros: () => number = processMicros,
    private readonly nowMs: () => number = () => performance.now(),
    private lastMs = nowMs(),
  ) {
    this.lastCpuMicros = cpuMicros();
  }

  /** Readings closer than 200 ms to the last one repeat it: their noise would be larger than the value. */
  read(): number {
    const elapsedMs = this.nowMs() - this.lastMs;
    if (elapsedMs < 200) return this.share;
    const micros = this.cpuMicros();
    this.share = Math.round(((micros - this.lastCpuMicros) / (elapsedMs * 1000)) * 1000) / 1000;
    this.lastCpuMicros = micros;
    this.lastMs += elapsedMs;
    return this.share;
  }
}

function processMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
