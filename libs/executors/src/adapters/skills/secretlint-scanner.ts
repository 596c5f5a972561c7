import type { SecretLintCoreConfig, SecretLintCoreResult } from '@secretlint/types';
import type { SecretHit } from '../../domain/skills/secrets/secret-finding.js';

type Lint = (path: string, content: string) => Promise<SecretLintCoreResult>;

let loading: Promise<Lint> | undefined;

/** Loaded with the first file: it is a third of all that an agent host would load before it is ready. */
async function loadLint(): Promise<Lint> {
  const [{ lintSource }, { secretLintProfiler }, { creator }] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/profiler'),
    import('@secretlint/secretlint-rule-preset-recommend'),
  ]);
  // It keeps an entry for each rule and file for ever, which a service must not.
  secretLintProfiler.setEnabled(false);
  const config: SecretLintCoreConfig = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }] };
  return (filePath, content) =>
    lintSource({
      source: { filePath, content, ext: /\.[^./]+$/.exec(filePath)?.[0] ?? '', contentType: 'text' },
      options: { maskSecrets: true, noPhysicFilePath: true, config },
    });
}

async function hits(path: string, content: string): Promise<Omit<SecretHit, 'suppressed'>[]> {
  loading ??= loadLint();
  const result = await (await loading)(path, content);
  // Only names and lines leave this function: the messages, masked or not, are built around the value.
  return result.messages.map((message) => ({
    ruleId: message.ruleId,
    messageId: message.messageId,
    startLine: message.loc.start.line,
    endLine: message.loc.end.line,
  }));
}

/** Of the same length when switched off, so that places stay as they are. */
const COMMENT = 'secretlint-disable';

const keyOf = (hit: Omit<SecretHit, 'suppressed'>): string => `${hit.ruleId} ${hit.messageId} ${hit.startLine}`;

/** Everything that looks like a secret in a file, with what its own comments ask to ignore marked as such. */
export async function scanForSecrets(path: string, content: string): Promise<SecretHit[]> {
  const found = await hits(path, content);
  if (!content.includes(COMMENT)) return found.map((hit) => ({ ...hit, suppressed: false }));
  const open = new Set(found.map(keyOf));
  const all = await hits(path, content.replaceAll(COMMENT, 'secretlint_disable'));
  return all.map((hit) => ({ ...hit, suppressed: !open.has(keyOf(hit)) }));
}
