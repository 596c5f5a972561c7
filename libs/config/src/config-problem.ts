import { AetError, ErrorCode } from '@aet/contracts';
import type { Origin } from './config-source.js';

/** One thing wrong with the configuration: where, what was found, what is allowed. */
export interface ConfigProblem {
  /** Dotted path, such as `lease.ttlMs`; empty for the file as a whole. */
  key: string;
  message: string;
  origin: Origin;
  value?: unknown;
}

const where = (origin: Origin): string =>
  origin.file === undefined
    ? origin.layer
    : [origin.file, origin.line, origin.column].filter((part) => part !== undefined).join(':');

export function sentence(problem: ConfigProblem): string {
  const found = problem.value === undefined ? '' : ` (found ${JSON.stringify(problem.value)})`;
  return `${where(problem.origin)}: ${problem.key === '' ? '' : `${problem.key} `}${problem.message}${found}`;
}

/** Nothing was loaded. The message lists every problem, one a line. */
export class ConfigInvalid extends AetError {
  readonly code = ErrorCode.ConfigInvalid;
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(
      `the configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((p) => `  ${sentence(p)}`).join('\n')}`,
      {
        details: { problems },
      },
    );
  }
}
