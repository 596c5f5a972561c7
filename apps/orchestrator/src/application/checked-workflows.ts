import type { WorkflowDocument } from '@aet/contracts';
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { checkedWorkflow } from '@aet/runs';

/** A document that may be run, as JSON, and its SHA-256 in hex. */
export interface CheckedWorkflow {
  workflow: WorkflowDocument;
  text: string;
  hash: string;
}

/** Of all remembered documents together, in characters. */
const REMEMBERED = 16 * 1024 * 1024;

/**
 * Documents that were found good, by their text: most submits bring one that came before. Runs of one document share it, so what is known
 * of it is known for all of them; documents are never changed.
 */
export class CheckedWorkflows {
  private readonly byText = new LRUCache<string, CheckedWorkflow>({
    maxSize: REMEMBERED,
    sizeCalculation: ({ text }) => 2 * text.length + 200,
  });
  private readonly byDocument = new WeakMap<WorkflowDocument, CheckedWorkflow>();

  /** One that came with a request. @throws {WorkflowInvalid} with every problem by its path */
  submitted(document: WorkflowDocument): CheckedWorkflow {
    const text = JSON.stringify(document);
    const known = this.byText.get(text);
    if (known !== undefined) return known;
    const checked = checkedOf(checkedWorkflow(document, 'that was submitted'), text);
    this.byText.set(text, checked);
    return checked;
  }

  /** One that the catalog had checked. */
  named(workflow: WorkflowDocument): CheckedWorkflow {
    const known = this.byDocument.get(workflow);
    if (known !== undefined) return known;
    const checked = checkedOf(workflow, JSON.stringify(workflow));
    this.byDocument.set(workflow, checked);
    return checked;
  }
}

const checkedOf = (workflow: WorkflowDocument, text: string): CheckedWorkflow => ({
  workflow,
  text,
  hash: createHash('sha256').update(text).digest('hex'),
});
