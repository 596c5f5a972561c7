import { WORKFLOW_API, workflowSchema } from '@aet/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAN_OUT_LIMIT } from '../run/limits.js';
import { checkWorkflow } from './check-workflow.js';

const problems = (steps: Record<string, unknown>, more: Record<string, unknown> = {}): string[] =>
  checkWorkflow({ api: WORKFLOW_API, name: 'example', inputs: { list: { type: 'array' } }, steps, ...more }).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
const ofStep = (step: object, others: Record<string, unknown> = {}): string[] => problems({ a: step, ...others });

const EVERY_KIND = {
  scan: {
    task: 'scan',
    description: 'looks',
    map: { over: ['x', '${{ inputs.list[0] }}'], concurrency: 2, quorum: '60%', tolerate: 1, collect: 'items[].found' },
    with: { path: '${{ item }}', at: '${{ index }}' },
    retry: { attempts: 2, initial: '1s', max: '2s' },
    timeout: '1m',
    heartbeat: '10s',
    delay: '1s',
    deadline: '12h',
    orderKey: '${{ item }}',
    lane: 'background',
    priority: 'low',
    placement: { host: 'pc2', labels: { gpu: 'yes' } },
    cache: { key: '${{ item }}', files: ['**/*.ts'], ttl: '24h' },
    outputSchema: { type: 'object', properties: { found: { type: 'array' } } },
    compensate: {
      task: 'unscan',
      with: { what: '${{ output }}', list: '${{ inputs.list }}' },
      timeout: '1m',
      retry: { attempts: 1 },
    },
  },
  choose: {
    branch: [{ when: 'steps.scan', then: ['ask', 'pause'] }, { then: 'none' }],
    needs: ['scan'],
  },
  ask: { approval: { text: 'Go on with ${{ steps.scan }}?', approvers: ['alice'], timeout: '1h', onTimeout: 'approve' } },
  pause: { wait: { until: '${{ steps.scan[0] }}' } },
  signal: { needs: ['ask', 'pause'], wait: { signal: 'go', timeout: '5m' } },
  none: { checkpoint: { scanned: '${{ steps.scan }}' } },
  deeper: { workflow: 'other', needs: ['none', 'signal'], with: { a: '${{ steps.signal.payload }}' } },
};

/** Every key of every kind. */
const stepSchemaKeys = Object.assign({}, ...Object.values(workflowSchema.$defs).map(({ properties }) => properties)) as object;

describe('checkWorkflow', { timeout: 60_000 }, () => {
  it('accepts every key of every kind', () => expect(problems(EVERY_KIND)).toEqual([]));

  it.each<[string, object, string]>([
    [
      'no kind',
      { needs: [] },
      'steps.a: a step has exactly one of task, workflow, branch, approval, wait and checkpoint; this one has none',
    ],
    ['two kinds', { task: 'x', wait: { for: '1s' } }, 'this one has task and wait'],
    [
      'a key of another kind',
      { wait: { for: '1s' }, retry: {} },
      'steps.a.retry: is not a key of a wait step: task and workflow steps have it',
    ],
    ['a step that is no object', 'task' as never, 'steps.a: must be an object'],
    ['a wait without an end', { wait: {} }, 'steps.a.wait: has exactly one of for, until and signal; this one has none'],
    ['a wait with two ends', { wait: { for: '1s', signal: 'x' } }, 'this one has for and signal'],
    ['a timeout of a timer', { wait: { for: '1s', timeout: '2s' } }, 'steps.a.wait.timeout: belongs to a signal'],
    ['a bad duration inside', { wait: { for: 'soon' } }, 'steps.a.wait.for: must be a number and a unit'],
    ['a bad time', { wait: { until: 'tomorrow' } }, 'steps.a.wait.until: must be a time with its zone'],
    ['a time without a zone', { wait: { until: '2026-01-31T18:00:00' } }, 'must be a time with its zone'],
    ['a day that does not exist', { wait: { until: '2026-13-31T18:00:00Z' } }, 'must be a time with its zone'],
    ['no approvers', { approval: { approvers: [] } }, 'steps.a.approval.approvers: must NOT have fewer than 1 items'],
    ['an expiry without a time', { approval: { onTimeout: 'approve' } }, 'steps.a.approval.onTimeout: has no effect'],
    [
      'a bad quorum',
      { task: 'x', map: { over: [1], quorum: '0%' } },
      'map.quorum: must be a whole number, or a share such as 60%',
    ],
    [
      'a quorum above all',
      { task: 'x', map: { over: [1], quorum: '101%' } },
      'map.quorum: must be a whole number, or a share such as 60%',
    ],
    ['a broken quorum', { task: 'x', map: { over: [1], quorum: 1.5 } }, 'map.quorum: must be a whole number or a text'],
    [
      'a quorum out of reach',
      { task: 'x', map: { over: [1], quorum: 2 } },
      'map.quorum: can never be reached: the list has 1 item',
    ],
    ['a tolerance of more than all', { task: 'x', map: { over: [1, 2], tolerate: 3 } }, 'map.tolerate: allows more failures'],
    [
      'a list that is too long',
      { task: 'x', map: { over: Array.from({ length: FAN_OUT_LIMIT + 1 }, () => 1) } },
      `${FAN_OUT_LIMIT} are allowed`,
    ],
    [
      'collect that sees item',
      { task: 'x', map: { over: [1], collect: 'item' } },
      'here an expression begins with inputs, steps or items; "item" is there inside a map only',
    ],
    ['output outside of compensate', { task: 'x', with: { a: '${{ output }}' } }, '"output" is there in compensate only'],
    [
      'item in compensate',
      { task: 'x', map: { over: [1] }, compensate: { task: 'y', with: { a: '${{ item }}' } } },
      'inputs, steps or output',
    ],
    ['a step that reads itself', { task: 'x', with: { a: '${{ steps.a }}' } }, 'reads the step itself'],
    [
      'a case that is never taken',
      { branch: [{ then: 'b' }, { when: 'inputs.list', then: 'b' }] },
      'steps.a.branch.1: is never taken',
    ],
    [
      'a branch to nowhere',
      { branch: [{ then: 'c' }] },
      'steps.a.branch.0.then: goes on with "c", which is not a step; steps are: a, b',
    ],
    ['a branch that is empty', { branch: [] }, 'must NOT have fewer than 1 items'],
    ['a name with a tilde', { task: 'x~undo' }, 'steps.a.task: is not a name'],
    ['a schema that is none', { task: 'x', outputSchema: { type: 'objekt' } }, 'steps.a.outputSchema: is no JSON Schema'],
    ['a cache that is false', { task: 'x', cache: false }, 'steps.a.cache: must be true, or an object with key, files and ttl'],
    ['an empty placement', { task: 'x', placement: {} }, 'steps.a.placement: must NOT have fewer than 1 properties'],
    ['an unknown function', { task: 'x', with: { a: '${{ now() }}' } }, 'steps.a.with.a: expression "now()"'],
  ])('refuses %s', (_, step, message) => {
    const found = ofStep(step, { b: { task: 'x' } });
    expect(found.join('\n')).toContain(message);
    expect(found).toHaveLength(1);
  });

  it('refuses a tilde in the name of a step: what undoes a step has it', () =>
    expect(problems({ 'a~undo': { task: 'x' } }).join()).toContain('is not a name'));

  it('refuses names that every object has, and endless depth', () => {
    expect(problems({ constructor: { task: 'x' } }).join()).toContain('steps.constructor: is a name that every object has');
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level++) deep = [deep];
    expect(ofStep({ task: 'x', with: { deep } })).toEqual([': is nested deeper than 64 levels']);
  });

  it('has something to say about any value, and throws for none', () => {
    const keys = fc.constantFrom(
      'api',
      'name',
      'steps',
      'inputs',
      'output',
      ...Object.keys(EVERY_KIND),
      'task',
      'map',
      'over',
      'wait',
      'branch',
      'when',
      'then',
      'needs',
    );
    const leaves = fc.oneof(
      fc.constantFrom(WORKFLOW_API, 'scan', '${{ steps.scan }}', '${{', '5s', '60%'),
      fc.jsonValue({ maxDepth: 1 }),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        leaves,
        fc.dictionary(keys, tie('value'), { maxKeys: 5 }),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    }));
    const steps = fc.dictionary(keys, fc.dictionary(fc.constantFrom(...Object.keys(stepSchemaKeys)), value, { maxKeys: 4 }), {
      minKeys: 1,
      maxKeys: 3,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          value,
          steps.map((some) => ({ api: WORKFLOW_API, name: 'x', steps: some })),
        ),
        (any) => {
          for (const { message } of checkWorkflow(any)) expect(message).not.toBe('');
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('refuses whatever the schema for editors refuses, and says the same of each kind', () => {
    const editors = new Ajv2020({ strict: true, strictTypes: false }).compile(workflowSchema);
    const document = (steps: unknown): unknown => ({ api: WORKFLOW_API, name: 'x', inputs: { list: { type: 'array' } }, steps });
    expect(editors(document(EVERY_KIND))).toBe(true);
    for (const [name, step] of Object.entries(EVERY_KIND)) {
      expect(editors(document({ [name]: { ...step, unknown: 1 } }))).toBe(false);
      expect(editors(document({ [name]: { ...step, task: 'x', wait: { for: '1s' } } }))).toBe(false);
    }
  });

  it('lets the target of a branch read what the branch waited for, and no more', () => {
    const choose = { needs: ['first'], branch: [{ then: 'target' }] };
    const target = (reads: string) => ({ task: 'x', with: { a: `\${{ ${reads} }}` } });
    const steps = { first: { task: 'x' }, other: { task: 'x' }, choose };
    expect(problems({ ...steps, target: target('steps.first || steps.choose.taken') })).toEqual([]);
    expect(problems({ ...steps, target: target('steps.other') }).join()).toContain('add it to "needs"');
  });

  it('sees a circle through needs, through branches and through both', () => {
    const circle = (steps: Record<string, unknown>) => problems(steps).join();
    expect(circle({ a: { branch: [{ then: 'a' }] } })).toContain('waits for itself: a follows the branch a');
    expect(circle({ a: { needs: ['b'], branch: [{ then: 'b' }] }, b: { task: 'x' } })).toContain('waits for itself');
    expect(circle({ a: { branch: [{ then: 'b' }] }, b: { branch: [{ then: 'a' }] } })).toContain(
      'a follows the branch b follows the branch a',
    );
  });

  it('looks at ten thousand references in the time of one', () => {
    const steps = Object.fromEntries(
      Array.from({ length: 1000 }, (_, at) => [
        `s${at}`,
        { task: 'x', ...(at === 0 ? {} : { needs: [`s${at - 1}`], with: { a: '${{ steps.s0 }}' } }) },
      ]),
    );
    expect(problems(steps)).toEqual([]);
  });
});
