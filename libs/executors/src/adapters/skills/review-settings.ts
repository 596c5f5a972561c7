import { parseReviewSettings, type ReviewSettings } from '../../domain/skills/review-settings.js';
import type { GitRepository } from './git/git-repository.js';

/** Reads `.aet/review.yaml` of the reviewed commit: what is under review says how, not what happens to lie in the work tree. */
export const readReviewSettings = async (git: GitRepository, head: string): Promise<ReviewSettings> =>
  parseReviewSettings(await git.text(head, '.aet/review.yaml', 64 * 1024));
