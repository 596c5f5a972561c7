/** Work that may be asked for at any time: one round at a time, and what is asked for meanwhile goes into the next. A round that fails is not repeated by itself. */
export class Coalesced {
  private asked = false;
  private ended = false;
  private working: Promise<void> | undefined;

  constructor(
    private readonly round: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  get stopped(): boolean {
    return this.ended;
  }

  ask(): void {
    if (this.ended) return;
    this.asked = true;
    this.working ??= this.work().finally(() => (this.working = undefined));
  }

  /** Resolves when the round in hand has ended. */
  async stop(): Promise<void> {
    this.ended = true;
    await this.working;
  }

  private async work(): Promise<void> {
    while (this.asked && !this.ended) {
      this.asked = false;
      await this.round().catch(this.onError);
    }
  }
}
