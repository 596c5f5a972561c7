import { Certainty, Severity, type Finding } from '@aet/contracts';

const SECRET_SOURCE = 'secret-scan';

/** What the scanner says about one place. The value itself is not in it, so that nothing downstream can leak it. */
export interface SecretHit {
  /** Such as `@secretlint/secretlint-rule-aws`. */
  ruleId: string;
  /** Such as `AWSSecretAccessKey`. */
  messageId: string;
  startLine: number;
  endLine: number;
  /** An inline comment in the file asks to ignore it. */
  suppressed: boolean;
}

/** Places where values are made up as a rule. Still reported: people do paste real ones there. */
const EXAMPLE =
  /(^|\/)(tests?|__tests__|spec|fixtures?|examples?|samples?|docs?|mocks?)\/|\.(spec|test)\.\w+$|\.(md|rst|adoc)$|\.example$/i;

/** Possession alone gives access; the others often need a host or a user as well. */
const CRITICAL =
  /-(aws|gcp|privatekey|github|gitlab|npm|stripe|slack|openai|anthropic|shopify|1password|hashicorp-vault|cloudflare|tailscale|vercel|databricks)$/;

export function secretFinding(file: string, hit: SecretHit): Finding {
  const rule = hit.ruleId.replace(/^.*secretlint-rule-/, '');
  const lines = hit.endLine > hit.startLine ? `lines ${hit.startLine} to ${hit.endLine}` : `line ${hit.startLine}`;
  const place = { source: SECRET_SOURCE, rule: `secret/${rule}`, file, line: hit.startLine };
  if (hit.suppressed) {
    return {
      ...place,
      severity: Severity.Info,
      message: `${hit.messageId} on ${lines} is ignored by a comment in the file (the value is not shown)`,
      remedy: 'See that the value is no real secret.',
    };
  }
  return {
    ...place,
    severity: CRITICAL.test(hit.ruleId) ? Severity.Critical : Severity.High,
    certainty: EXAMPLE.test(file) ? Certainty.Possible : Certainty.Likely,
    message: `${hit.messageId} on ${lines} looks like a secret (the value is not shown)`,
    remedy: 'Revoke the secret, then take it out of the file and of the history; read it from a file or a secret store.',
  };
}

/** A hit counts when one of its lines was added. Undefined: every line counts. */
export const isAdded = (hit: SecretHit, added: ReadonlySet<number> | undefined): boolean => {
  if (added === undefined) return true;
  for (let line = hit.startLine; line <= hit.endLine; line += 1) if (added.has(line)) return true;
  return false;
};
