import type { WorkflowDocument } from '@aet/contracts';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Call, simulate } from '../testing/simulate.js';
import { checkLibrary } from './check-library.js';
import { parseWorkflow } from './parse-workflow.js';

const folder = new URL('../../../../config/workflows/', import.meta.url);
const library: Record<string, WorkflowDocument> = Object.fromEntries(
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => [file.replace('.yaml', ''), parseWorkflow(readFileSync(new URL(file, folder), 'utf8'), file)]),
);
const named = (name: string): WorkflowDocument => library[name] ?? expect.fail(`no workflow ${name}`);

describe('the workflows that are shipped', () => {
  it.each(Object.keys(library))('%s has the name of its file, and calls what there is', async (name) => {
    expect(named(name).name).toBe(name);
    await expect(checkLibrary(named(name), (called) => library[called])).resolves.toBeDefined();
  });

  const tasks = {
    'git-range': { repo: '/src', head: 'b', base: 'a', contractFiles: [], project: 'p' },
    'secret-scan': { findings: [{ severity: 'low', rule: 'x' }] },
    'contract-guardian': { findings: [] },
    'dependency-audit': { findings: [] },
    'test-runner': { findings: [] },
    'review-summary': ({ input }: Call) => ({ report: input, counts: {} }),
  };
  const release = (more: object, approvals: Record<string, boolean> = {}) =>
    simulate(named('release-check'), { repo: '/src' }, { tasks: { ...tasks, ...more }, approvals, library }).state;

  it('release-check asks nobody when nothing serious was found', () => {
    expect(release({})).toMatchObject({
      status: 'completed',
      steps: { ask: { status: 'skipped' } },
      output: { decision: { by: 'nobody was asked' }, serious: [], report: { secrets: { findings: [{ severity: 'low' }] } } },
    });
  });

  it('release-check asks somebody when a finding is serious, or a check could not be done', () => {
    const serious = { 'secret-scan': { findings: [{ severity: 'critical' }] } };
    expect(release(serious, { ask: true })).toMatchObject({
      status: 'completed',
      output: { decision: { approved: true }, serious: [{ severity: 'critical' }] },
    });
    expect(release(serious, { ask: false })).toMatchObject({ status: 'failed', error: { code: 'REJECTED' } });
    const broken = (): never => {
      throw new Error('no tests here');
    };
    expect(release({ 'test-runner': broken }, { ask: true })).toMatchObject({
      status: 'completed',
      steps: { serious: { output: { undone: ['tests'] } } },
      output: { report: { tests: { error: {} } } },
    });
  });
});
