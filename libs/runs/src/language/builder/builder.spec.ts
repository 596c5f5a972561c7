import { WorkflowInvalid } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { parseWorkflow } from '../parse-workflow.js';
import { workflow } from './builder.js';
import { expression, text } from './reference.js';
import { toYaml } from './to-yaml.js';

const YAML = `
api: aet/workflow.v1
name: every-kind
description: One of each.
timeout: 1h
inputs:
  repo: { type: string, required: true }
  dry-run: { type: boolean, default: false }
steps:
  git-range:
    task: git-range
    with: { repo: "\${{ inputs.repo }}" }
    retry: { attempts: 2 }
  scan:
    task: secret-scan
    needs: [git-range]
    map: { over: '\${{ steps."git-range".files }}', concurrency: 4, tolerate: 10%, collect: "\${{ items[].found }}" }
    with: { path: "\${{ item.path }}", title: 'file \${{ index }} of \${{ inputs.repo }}' }
    compensate: { task: echo, with: { text: "\${{ output }}" } }
  choose:
    needs: [scan]
    branch:
      - { when: '\${{ length(steps.scan) > \`5\` && !(inputs."dry-run") }}', then: [ask, pause] }
      - { then: state }
  ask: { approval: { text: "\${{ length(steps.scan) }} findings", approvers: [alice], timeout: 1h } }
  pause: { wait: { signal: go, timeout: 5m } }
  state: { checkpoint: { found: "\${{ steps.scan[0] }}" }, when: "\${{ inputs.repo }}" }
  deeper: { workflow: review, needs: [ask, pause, state], with: { repo: "\${{ inputs.repo }}" }, continueOnError: true }
output: { by: "\${{ steps.ask.by }}" }
`;

const built = () =>
  workflow(
    'every-kind',
    {
      description: 'One of each.',
      timeout: '1h',
      inputs: { repo: { type: 'string', required: true }, 'dry-run': { type: 'boolean', default: false } },
    },
    (w) => {
      const range = w.task('git-range', { task: 'git-range', with: { repo: w.inputs.repo }, retry: { attempts: 2 } });
      const scan = w.map('scan', range.output.path('files'), {
        task: 'secret-scan',
        needs: [range],
        concurrency: 4,
        tolerate: '10%',
        collect: w.items.each('found'),
        with: { path: w.item.path('path'), title: text`file ${w.index} of ${w.inputs.repo}` },
        compensate: { task: 'echo', with: { text: w.output } },
      });
      const many = expression`length(${scan.output}) > ${5} && !(${w.inputs['dry-run']})`;
      w.branch('choose', [{ when: many, then: ['ask', 'pause'] }, { then: 'state' }], { needs: [scan] });
      const ask = w.approval('ask', {
        text: text`${expression`length(${scan.output})`} findings`,
        approvers: ['alice'],
        timeout: '1h',
      });
      const pause = w.wait('pause', { signal: 'go', timeout: '5m' });
      const state = w.checkpoint('state', { found: scan.output.path(0) }, { when: w.inputs.repo });
      w.call('deeper', { workflow: 'review', needs: [ask, pause, state], with: { repo: w.inputs.repo }, continueOnError: true });
      return { by: ask.output.path('by') };
    },
  );

describe('the builder', () => {
  it('gives the document of the YAML file that says the same', () =>
    expect(built()).toEqual(parseWorkflow(YAML, 'every-kind.yaml')));

  it('refuses what a file would be refused for', () => {
    expect(() => workflow('x', {}, (w) => w.task('a', { task: 'b', needs: ['c'] }).output)).toThrow(WorkflowInvalid);
    expect(() =>
      workflow('x', {}, (w) => {
        w.task('a', { task: 'b' });
        w.task('a', { task: 'b' });
      }),
    ).toThrow('two steps "a"');
  });

  it('quotes a name however it is written', () => {
    const odd = 'a"b\\c d';
    const document = workflow('x', {}, (w) => w.task('a-b', { task: 'b' }).output.path(odd, 1).each('c-d'));
    expect(document.output).toBe('${{ steps."a-b"."a\\"b\\\\c d"[1][]."c-d" }}');
  });
});

describe('toYaml', () => {
  it('gives a text that is the same document', () => expect(parseWorkflow(toYaml(built()), 'built.yaml')).toEqual(built()));
});
