import type { Finding } from '@aet/contracts';

/** What a review of a small repository finds; the shape of the real report. */
export const FINDINGS: Finding[] = [
  {
    source: 'secret-scan',
    rule: 'secretlint/aws',
    severity: 'critical',
    message: 'An AWS secret access key was added',
    file: 'deploy/settings.ts',
    line: 14,
    remedy: 'Revoke the key, remove it from history, and read it from a file of mode 0600.',
  },
  {
    source: 'contract-guardian',
    rule: 'api/operation-removed',
    severity: 'high',
    message: 'DELETE /pets/{id} was removed',
    file: 'openapi.yaml',
    pointer: '/paths/~1pets~1{id}/delete',
    remedy: 'Keep it for one more version, marked deprecated.',
  },
  {
    source: 'contract-guardian',
    rule: 'api/response-narrowed',
    severity: 'medium',
    message: 'The enum of `status` lost the value "archived"',
    file: 'openapi.yaml',
    pointer: '/components/schemas/Pet/properties/status/enum',
  },
  {
    source: 'dependency-audit',
    rule: 'deps/duplicate',
    severity: 'low',
    message: 'semver is installed in 3 versions',
    file: 'package-lock.json',
  },
  { source: 'test-runner', rule: 'tests/passed', severity: 'info', message: '412 tests passed in 18.2 s' },
];

export const REPORT_MARKDOWN = `# Review of \`petstore\`

**Range** \`HEAD~12..HEAD\` · 38 files · 1,204 lines added, 310 removed

> One critical and one high finding. Do not merge before both are resolved.

## Findings

| # | Severity | Rule | Where |
| --- | --- | --- | --- |
| 1 | critical | \`secretlint/aws\` | \`deploy/settings.ts:14\` |
| 2 | high | \`api/operation-removed\` | \`openapi.yaml\` |
| 3 | medium | \`api/response-narrowed\` | \`openapi.yaml\` |

### 1. An AWS secret access key was added

Revoke the key, remove it from history, and read it from a file of mode 0600.

\`\`\`ts
export const settings = {
  secretAccessKey: '…',
};
\`\`\`

### 2. DELETE /pets/{id} was removed

Clients that call it get 404. Sources: \`docs/api.md:40-58\`, \`src/pets.ts:12-30\`.

- [x] 412 tests passed
- [ ] advisories unavailable: the registry's audit endpoint did not answer

<script>document.title = 'unsafe'</script>

[a bad link](javascript:alert(1)), [a good link](https://example.com/) and ![a picture](https://example.com/pixel.png).
`;
