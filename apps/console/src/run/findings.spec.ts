import { SEVERITIES } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { findingsIn, SEVERITY_ORDER } from './findings.js';

describe('findings of a report', () => {
  it('are sorted by severity, and what is not a finding is left out', () => {
    const found = findingsIn({
      findings: [
        { rule: 'b', message: 'm', severity: 'low' },
        null,
        { rule: 'x', message: 7, severity: 'high' },
        { rule: 'y', message: 'm', severity: 'awful' },
        { rule: 'a', message: 'm', severity: 'critical' },
      ],
    });
    expect(found?.map((f) => f.rule)).toEqual(['a', 'b']);
  });

  it.each([undefined, null, 'text', {}, { findings: 'none' }])('are absent in %j', (source) => {
    expect(findingsIn(source)).toBeUndefined();
  });

  it('know the same severities as the contracts', () => {
    expect(SEVERITY_ORDER).toEqual(SEVERITIES);
  });
});
