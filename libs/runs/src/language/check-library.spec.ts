import { WORKFLOW_API, type WorkflowDocument } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { checkLibrary, DEEPEST_CALL, hashOf } from './check-library.js';

const calls = (name: string, ...called: string[]): WorkflowDocument => ({
  api: WORKFLOW_API,
  name,
  steps: called.length === 0 ? { a: { task: 'x' } } : Object.fromEntries(called.map((workflow, at) => [`s${at}`, { workflow }])),
});
const library = (...documents: WorkflowDocument[]) => {
  const byName = new Map(documents.map((document) => [document.name, document]));
  return (name: string) => Promise.resolve(byName.get(name));
};
const errorOf = async (document: WorkflowDocument, ...others: WorkflowDocument[]): Promise<string> =>
  checkLibrary(document, library(...others)).then(
    () => '',
    (error: unknown) => (error as Error).message,
  );

describe('checkLibrary', () => {
  it('pins every workflow that can be called, with its hash', async () => {
    const [b, c, d] = [calls('b', 'c', 'd'), calls('c', 'd'), calls('d')];
    expect(await checkLibrary(calls('a', 'b', 'd'), library(b, c, d, calls('e')))).toEqual({
      b: { document: b, hash: hashOf(b) },
      d: { document: d, hash: hashOf(d) },
      c: { document: c, hash: hashOf(c) },
    });
    expect(await checkLibrary(calls('a'), library())).toEqual({});
  });

  it('names the circle of one that calls itself', async () => {
    expect(await errorOf(calls('a', 'a'))).toContain('calls itself: a calls a');
    expect(await errorOf(calls('a', 'b'), calls('b', 'c'), calls('c', 'b'))).toContain('b calls c calls b');
    expect(await errorOf(calls('a', 'b'), calls('b', 'a'))).toContain('a calls b calls a');
  });

  it('names what does not exist, and where it is called', async () => {
    expect(await errorOf(calls('a', 'b'), calls('b', 'c'))).toContain(
      'steps.s0.workflow: there is no workflow "c" (in the workflow b)',
    );
  });

  it('has a limit of depth', async () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, at) => (at === length - 1 ? calls(`w${at}`) : calls(`w${at}`, `w${at + 1}`)));
    const [first, ...rest] = chain(DEEPEST_CALL) as [WorkflowDocument, ...WorkflowDocument[]];
    expect(await errorOf(first, ...rest)).toBe('');
    const [one, ...more] = chain(DEEPEST_CALL + 1) as [WorkflowDocument, ...WorkflowDocument[]];
    expect(await errorOf(one, ...more)).toContain('its calls are 17 deep; 16 are allowed');
  });

  it('holds what is given against the inputs that are declared', async () => {
    const called: WorkflowDocument = {
      ...calls('b'),
      inputs: { n: { type: 'number', required: true }, text: { type: 'string' } },
    };
    const caller = (given: Record<string, unknown>): WorkflowDocument => ({
      ...calls('a'),
      steps: { s: { workflow: 'b', with: given } },
    });
    expect(await errorOf(caller({ n: 1, text: '${{ inputs.x }}' }), called)).toBe('');
    expect(await errorOf(caller({ n: '${{ inputs.x }}' }), called)).toBe('');
    expect(await errorOf(caller({}), called)).toContain('steps.s: does not give the input "n", which b requires');
    expect(await errorOf(caller({ n: 'one' }), called)).toContain('steps.s.with.n: must be of type number');
    expect(await errorOf(caller({ n: 'x ${{ inputs.x }}' }), called)).toContain('must be of type number');
    expect(await errorOf(caller({ n: 1, m: 2 }), called)).toContain('steps.s.with.m: b has no input "m"; it has: n, text');
  });
});
