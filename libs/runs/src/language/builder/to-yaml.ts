import type { WorkflowDocument } from '@aet/contracts';
import { stringify } from 'yaml';

/** A document as a file says it: `parseWorkflow` gives the same document again. */
export const toYaml = (document: WorkflowDocument): string =>
  stringify(document, { lineWidth: 130, aliasDuplicateObjects: false });
