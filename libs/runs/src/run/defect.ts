import { AetError, type ErrorBody } from '@aet/contracts';

/** Where it is, in front of what is wrong; a message that says it already stays. */
export function errorAt(place: string, error: AetError): ErrorBody {
  const body = error.toBody();
  return body.message.includes(place) ? body : { ...body, message: `${place}: ${body.message}` };
}

/** A defect of the workflow is answered; one of ours is thrown. */
export function orFailure<T>(action: () => T, onError: (error: AetError) => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof AetError) return onError(error);
    throw error;
  }
}
