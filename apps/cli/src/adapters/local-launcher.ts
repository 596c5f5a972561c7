import type { Launched, Launcher } from '../application/ports.js';
import type { PlannedProcess, ProcessKind } from '../domain/fleet-plan.js';
import type { LaunchRecipe } from './launch-recipe.js';
import { explainFolderError } from './state-errors.js';

/** Chooses the recipe by the kind of the process. */
export class LocalLauncher implements Launcher {
  constructor(private readonly recipes: Readonly<Record<ProcessKind, LaunchRecipe>>) {}

  launch(planned: PlannedProcess): Promise<Launched> {
    return this.recipes[planned.kind].launch(planned).catch((error: unknown) => {
      throw explainFolderError(error);
    });
  }
}
