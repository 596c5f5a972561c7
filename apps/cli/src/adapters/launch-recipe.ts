import type { Launched } from '../application/ports.js';
import type { PlannedProcess } from '../domain/fleet-plan.js';

/** How processes of one kind come to life. */
export interface LaunchRecipe {
  launch(process: PlannedProcess): Promise<Launched>;
}
