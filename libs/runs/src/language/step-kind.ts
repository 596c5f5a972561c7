import { STEP_KINDS, type StepKind } from '@aet/contracts';

/** The kinds whose keys a step has: one, in a valid workflow. */
export const kindsOf = (step: object): StepKind[] =>
  STEP_KINDS.filter((kind) => (step as Partial<Record<StepKind, unknown>>)[kind] !== undefined);

/** Of a step of a valid workflow. */
export const kindOf = (step: object): StepKind => kindsOf(step)[0] ?? 'task';
