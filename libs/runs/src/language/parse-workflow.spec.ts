import { describe, expect, it } from 'vitest';
import { parseWorkflow } from './parse-workflow.js';

const HEAD = 'api: aet/workflow.v1\nname: example\n';
const parse = (body: string) => parseWorkflow(HEAD + body, 'example.yaml');
const errorOf = (body: string): string => {
  try {
    parse(body);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

const GOOD = `inputs:
  range: { type: string, default: HEAD }
steps:
  find:
    task: git-range
    with: { range: "\${{ inputs.range }}" }
  index-files:
    task: document-index
    needs: [find]
    when: steps.find.files
    map: { over: "\${{ steps.find.files }}", concurrency: 4 }
    with: { path: "\${{ item.path }}", position: "\${{ index }}" }
  summary:
    task: review-summary
    needs: [index-files]
    timeout: 5m
    with: { chunks: '\${{ steps."index-files"[].chunks }}', files: "\${{ steps.find.files }}" }
output: \${{ steps.summary }}
`;

describe('parseWorkflow', () => {
  it('accepts a workflow that uses the whole language', () => {
    expect(Object.keys(parse(GOOD).steps)).toEqual(['find', 'index-files', 'summary']);
  });

  it.each([
    ['a YAML error', 'steps: [\n', /example\.yaml:4:1: /],
    [
      'a wrong shape',
      'steps:\n  a:\n    task: x\n    retries: 3\n',
      /example\.yaml:6:5: steps\.a\.retries: is not a key of a task step/,
    ],
    [
      'a missing key',
      'steps:\n  a:\n    needs: []\n',
      /example\.yaml:4:3: steps\.a: a step has exactly one of task, .*; this one has none/,
    ],
    ['a bad step name', 'steps:\n  9a: { task: x }\n', /example\.yaml:4:3: steps\.9a: is not a name/],
    [
      'a bad duration',
      'steps:\n  a: { task: x, timeout: 5 minutes }\n',
      /example\.yaml:4:17: steps\.a\.timeout: must be a number and a unit/,
    ],
    ['a duration out of range', 'steps:\n  a: { task: x, retry: { initial: 0s } }\n', /example\.yaml:4:26: .*out of range/],
    [
      'an unknown need',
      'steps:\n  a: { task: x, needs: [b] }\n',
      /example\.yaml:4:25: .*needs "b", which is not a step; steps are: a/,
    ],
    [
      'a cycle',
      'steps:\n  a: { task: x, needs: [b] }\n  b: { task: x, needs: [c] }\n  c: { task: x, needs: [a] }\n',
      /waits for itself: a needs b needs c needs a/,
    ],
    [
      'an unknown input',
      'steps:\n  a: { task: x, with: { r: "${{ inputs.range }}" } }\n',
      /example\.yaml:4:25: .*input "range", which is not declared/,
    ],
    ['an unknown step', 'steps:\n  a: { task: x, with: { r: "${{ steps.b }}" } }\n', /the step "b", which does not exist/],
    [
      'a step that need not be done',
      'steps:\n  a: { task: x }\n  b: { task: x, when: steps.a }\n',
      /example\.yaml:5:17: .*add it to "needs"/,
    ],
    [
      'an unquoted dash',
      'steps:\n  a-b: { task: x }\n  c: { task: x, needs: [a-b], with: { r: "${{ steps.a-b.c }}" } }\n',
      /stands in quotes: steps\."a-b"/,
    ],
    ['item outside a map', 'steps:\n  a: { task: x, with: { r: "${{ item }}" } }\n', /begins with "item"/],
    ['a broken expression', 'steps:\n  a: { task: x, with: { r: "${{ inputs. }}" } }\n', /example\.yaml:4:\d+: .*Syntax/i],
    ['a negation that binds too close', 'steps:\n  a: { task: x, when: "!inputs.fast" }\n', /write !\(inputs\.name\)/],
    ['an expression without an end', 'steps:\n  a: { task: x, with: { r: "${{ inputs" } }\n', /no closing/],
    [
      'a bad default',
      'inputs:\n  n: { type: number, default: many }\nsteps:\n  a: { task: x }\n',
      /example\.yaml:4:22: .*type number/,
    ],
  ])('refuses %s and says where', (_, body, message) => expect(errorOf(body)).toMatch(message));

  it('reports every problem at once', () => {
    const message = errorOf('steps:\n  a: { task: x, needs: [y, z] }\n');
    expect(message).toContain('"y"');
    expect(message).toContain('"z"');
  });

  it('sees references through filters, projections, hashes and functions', () => {
    const body = (expression: string) => `steps:\n  a: { task: x, with: { r: "\${{ ${expression} }}" } }\n`;
    for (const expression of [
      'steps.b[*].c',
      "steps.b[?x=='1'] | [0]",
      '{k: steps.b}',
      'length(steps.b)',
      '!(steps.b)',
      '$.steps.b',
      '@.steps.b',
      'steps.b || `1`',
    ]) {
      expect(`${expression}: ${errorOf(body(expression))}`).toContain('the step "b"');
    }
    expect(errorOf(body("inputs[?steps.b == 'x']"))).toBe('');
  });
});
