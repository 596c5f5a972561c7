import { AetError } from '@aet/contracts';

/** A defect of the workflow is answered; one of ours is thrown. */
export function orFailure<T>(action: () => T, onError: (error: AetError) => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof AetError) return onError(error);
    throw error;
  }
}
