import type { Skill, SkillContext } from '../../domain/skill.js';
import { decodeText } from '../../domain/skills/decode-text.js';
import type { Batch } from '../../domain/skills/range/batches.js';
import type { RangeInput } from '../../domain/skills/range/review-range.js';
import { hideLines } from '../../domain/skills/secrets/hide-lines.js';
import { GitRepository } from './git/git-repository.js';
import { scanForSecrets } from './secretlint-scanner.js';

interface Input extends RangeInput {
  project: string;
  batch: Batch;
}

interface Output {
  batch: number;
  indexed: number;
  added: number;
  updated: number;
  unchanged: number;
  removed: number;
  chunks: number;
  /** Binary inside although the name did not say so, or gone. */
  skipped: number;
}

/** Longest path and content that the knowledge service takes; see its request class. */
const MAX_PATH = 1024;
const MAX_BYTES = 512 * 1024;

/** Gives one batch of files, as they are at head, to the Knowledge Manager. The same content again costs no write. */
export class DocumentIndexSkill implements Skill<Input, Output> {
  readonly capability = 'document-index';
  readonly summary = 'Indexes documents and code of the range into the project knowledge.';
  readonly inputSchema = {
    type: 'object',
    required: ['repo', 'head', 'project', 'batch'],
    properties: {
      repo: { type: 'string', minLength: 1 },
      head: { type: 'string', pattern: '^[0-9a-f]{40,64}$' },
      project: { type: 'string', minLength: 1, maxLength: 128 },
      batch: {
        type: 'object',
        required: ['index', 'files'],
        properties: {
          index: { type: 'integer', minimum: 0 },
          files: { type: 'array', items: { type: 'string' }, maxItems: 500 },
          removed: { type: 'array', items: { type: 'string' }, maxItems: 5000 },
        },
      },
    },
  };

  async run(input: Input, context: SkillContext): Promise<Output> {
    const git = await GitRepository.open(input.repo, context.signal);
    const contents = await git.contents(input.head, input.batch.files, MAX_BYTES);
    const documents: { path: string; content: string; revision: string }[] = [];
    for (const path of input.batch.files) {
      const text = decodeText(contents.get(path));
      if (text === undefined || text === '' || path.length > MAX_PATH) continue;
      // What the knowledge holds is quoted in answers and reports: a secret must not get there.
      const content = hideLines(text, await scanForSecrets(path, text));
      documents.push({ path, content, revision: input.head });
    }
    context.log(`batch ${input.batch.index}: ${documents.length} documents`);
    const removed = input.batch.removed ?? [];
    const report =
      documents.length === 0 && removed.length === 0
        ? { added: 0, updated: 0, unchanged: 0, removed: 0, chunks: 0 }
        : await context.services.ingest(input.project, documents, removed, context.signal);
    const skipped = input.batch.files.length - documents.length;
    return { batch: input.batch.index, indexed: documents.length, skipped, ...report };
  }
}
