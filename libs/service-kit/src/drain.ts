/**
 * The order in which a service ends, after SIGTERM, SIGINT or the loss of its supervisor:
 * readiness off → `stop-intake` (stop pulling) → requests in hand finish → `finish` (work in hand) → leases released → connection drained.
 * No step waits for a fixed time; an idle service ends within 0.5 s.
 */
export abstract class DrainSequence {
  abstract on(phase: 'stop-intake' | 'finish', step: () => Promise<void>): void;
  abstract readonly draining: boolean;
}

/** A phase between those of the services, run by the service kit itself. */
export interface DrainStage {
  name: string;
  run: () => Promise<void>;
}

export type StageFailure = (stage: string, error: unknown) => void;

/**
 * Runs the stages one after another, the steps of a stage side by side. A step that fails is told and does not stop the others:
 * a service that ends must end. Begins once; asked again it gives the same promise.
 */
export class OrderedDrain extends DrainSequence {
  private readonly steps = { 'stop-intake': [] as (() => Promise<void>)[], finish: [] as (() => Promise<void>)[] };
  private running: Promise<void> | undefined;

  on(phase: 'stop-intake' | 'finish', step: () => Promise<void>): void {
    this.steps[phase].push(step);
  }

  get draining(): boolean {
    return this.running !== undefined;
  }

  /** `before`: readiness off; `between`: requests in hand; `after`: leases, connection. */
  run(kit: { before: DrainStage[]; between: DrainStage[]; after: DrainStage[] }, onFailure: StageFailure): Promise<void> {
    const stages: DrainStage[] = [
      ...kit.before,
      this.stage('stop-intake', onFailure),
      ...kit.between,
      this.stage('finish', onFailure),
      ...kit.after,
    ];
    this.running ??= stages.reduce(
      (previous, stage) => previous.then(() => settle(stage.name, stage.run, onFailure)),
      Promise.resolve(),
    );
    return this.running;
  }

  private stage(phase: 'stop-intake' | 'finish', onFailure: StageFailure): DrainStage {
    return {
      name: phase,
      run: async () => {
        await Promise.all(this.steps[phase].map((step) => settle(phase, step, onFailure)));
      },
    };
  }
}

async function settle(name: string, step: () => Promise<void>, onFailure: StageFailure): Promise<void> {
  try {
    await step();
  } catch (error) {
    onFailure(name, error);
  }
}
