import { parse } from 'yaml';
import { asArray, isObject } from './json.js';
import { splitCommand } from './testing/split-command.js';

/** What `.aet/review.yaml` of a repository may say. */
export interface ReviewSettings {
  /** Globs of paths that are not indexed. */
  ignore: string[];
  test?: { command: string[]; timeout?: string };
  /** The file is there and could not be used; a sentence for the report. */
  problem?: string;
}

/** Never throws: a broken settings file is a note of the review, not its end. */
export function parseReviewSettings(text: string | undefined): ReviewSettings {
  if (text === undefined || text.trim() === '') return { ignore: [] };
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 10 });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { ignore: [], problem: `.aet/review.yaml is not valid YAML and was not used: ${reason}` };
  }
  if (!isObject(document)) return { ignore: [], problem: '.aet/review.yaml is not a mapping and was not used.' };
  const settings: ReviewSettings = { ignore: asArray(document['ignore']).filter((glob) => typeof glob === 'string') };
  const test = document['test'];
  if (test === undefined) return settings;
  const command = isObject(test) ? commandOf(test['command']) : undefined;
  if (!isObject(test) || command === undefined) {
    return {
      ...settings,
      problem: '.aet/review.yaml: test.command must be a list [program, …arguments] or a string without shell operators.',
    };
  }
  settings.test = typeof test['timeout'] === 'string' ? { command, timeout: test['timeout'] } : { command };
  return settings;
}

function commandOf(value: unknown): string[] | undefined {
  if (typeof value === 'string') return splitCommand(value);
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.every((part): part is string => typeof part === 'string' && !part.includes('\0')) && value[0] !== ''
    ? value
    : undefined;
}
