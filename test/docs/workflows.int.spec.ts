import { type WorkflowDocument, workflowSchema } from '@aet/contracts';
import { checkLibrary, EXPRESSION_FUNCTIONS, parseWorkflow, render } from '@aet/runs';
import { type Call, simulate } from '@aet/runs/testing';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { splitFences } from './markdown.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/workflows.md', import.meta.url)), 'utf8');
const { blocks } = splitFences(page);

/** What stands under an example: what the run is given, and what it gives. */
interface Expected {
  inputs?: Record<string, unknown>;
  /** By capability: an output with expressions over `input`; `{ error, times?, then? }`; or `{ each }`, one for each call. */
  tasks?: Record<string, unknown>;
  approvals?: Record<string, boolean | { approved: boolean; by?: string; reason?: string }>;
  signals?: Record<string, unknown[]>;
  status?: string;
  output?: unknown;
  /** Code of the run's error. */
  error?: string;
  /** Steps whose compensations were done, in order. */
  undone?: string[];
}

const examples = blocks.flatMap((block, at) => {
  if (block.info[0] !== 'yaml' || !block.text.startsWith('api: aet/workflow.v1')) return [];
  const after = blocks[at + 1];
  const expected = after?.info.join(' ') === 'yaml run' ? (parse(after.text) as Expected) : undefined;
  const document = parseWorkflow(block.text, `docs/workflows.md:${block.line}`);
  return [{ name: document.name, document, expected }];
});
const library = Object.fromEntries(examples.map(({ name, document }) => [name, document]));

/** A function that answers the calls of a capability in turn. */
function answering(answer: unknown): (call: Call) => unknown {
  let calls = 0;
  return ({ input }) => answered(answer, calls++, input);
}

function answered(answer: unknown, at: number, input: unknown): unknown {
  const {
    each,
    error,
    times = Infinity,
    then,
  } = Object(answer) as { each?: unknown[]; error?: string; times?: number; then?: unknown };
  if (each !== undefined) return answered(each[at], 0, input);
  if (error === undefined) return render(answer, { input } as never);
  if (at < times) throw new Error(error);
  return answered(then, 0, input);
}

const run = (document: WorkflowDocument, { inputs = {}, tasks = {}, approvals = {}, signals = {} }: Expected) =>
  simulate(document, inputs, {
    tasks: Object.fromEntries(Object.entries(tasks).map(([capability, answer]) => [capability, answering(answer)])),
    approvals,
    signals,
    library,
  });

describe('docs/workflows.md', () => {
  it.each(examples)('shows what $name gives', async ({ document, expected }) => {
    expect(expected, 'a `yaml run` block has to stand behind it').toBeDefined();
    await checkLibrary(document, (name) => library[name]);
    const { state, calls } = run(document, expected ?? {});
    expect({ status: state.status, error: state.error?.code }).toEqual({
      status: expected?.status ?? 'completed',
      error: expected?.error ?? state.error?.code,
    });
    expect(expected).toEqual({ ...expected, ...(expected?.output === undefined ? {} : { output: state.output }) });
    const undone = calls.filter(({ step }) => step.endsWith('~undo')).map(({ step }) => step.replace('~undo', ''));
    expect(undone).toEqual(expected?.undone ?? []);
  });

  it('has an example of each kind of step', () => {
    const keys = new Set(examples.flatMap(({ document }) => Object.values(document.steps).flatMap((step) => Object.keys(step))));
    for (const [kind, { properties }] of Object.entries(workflowSchema.$defs)) {
      expect(keys).toContain(kind);
      for (const key of Object.keys(properties as object)) expect(page, `a key of ${kind} steps`).toContain(`\`${key}`);
    }
  });

  it('names every function of expressions, and no other', () => {
    const named = new Set([...page.matchAll(/`([a-z_]+)\([a-z&]/g)].map(([, name = '']) => name));
    const own = [...named].filter((name) => name !== 'toYaml');
    expect(own.toSorted()).toEqual([...EXPRESSION_FUNCTIONS]);
  });
});
