import type { Reconciled } from '../effects/effect.js';
import type { AttemptServices } from './executor.js';

export interface SkillContext {
  runId: string;
  signal: AbortSignal;
  /** Empty folder of this attempt's own; '' unless the skill `usesFolder`. */
  workDir: string;
  services: AttemptServices;
  /** What the attempt before had saved; absent: nothing. */
  saved?: unknown;
  log(message: string): void;
  /** @param fraction 0 to 1 */
  progress(fraction: number, message?: string): void;
  /** Keeps what there is so far, as JSON, for the next attempt should this one not end. Replaces what was kept before. */
  save(saved: unknown): void;
}

/**
 * Deterministic work that needs no model. The `builtin` executor finds it by the task's capability and checks the input against
 * `inputSchema` first. A failure is thrown: `AttemptFailed` says whether another attempt can help; anything else counts as a defect and is not repeated.
 */
export interface Skill<In = never, Out = unknown> {
  readonly capability: string;
  readonly summary: string;
  /** JSON Schema 2020-12. */
  readonly inputSchema: object;
  readonly usesFolder?: true;
  /** Of a skill that is one effect outside of AET: it is claimed before it runs, and done when it has; what an earlier attempt left in doubt is reconciled. */
  readonly effect?: {
    /** Default: the capability. */
    key?(input: In): string;
    reconcile(input: In, context: SkillContext): Promise<Reconciled<Out>>;
  };
  run(input: In, context: SkillContext): Promise<Out>;
}

/** A skill that is loaded when the first task asks for it. */
export interface OfferedSkill {
  readonly capability: string;
  readonly usesFolder?: true;
  load(): Promise<Skill>;
}
