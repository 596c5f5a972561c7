import type { Skill } from '../../domain/skill.js';

/** Gives its input back: to try a fleet, and to measure one. */
export class EchoSkill implements Skill<unknown> {
  readonly capability = 'echo';
  readonly summary = 'Gives its input back, at once.';
  readonly inputSchema = {};

  run(input: unknown): Promise<unknown> {
    return Promise.resolve(input);
  }
}
