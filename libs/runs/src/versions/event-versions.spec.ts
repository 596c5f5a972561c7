import { RunEventType, UnsupportedVersion } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { RUN, START, submission, workflow } from '../testing/run-simulator.js';
import { EVENT_VERSIONS, EventVersions, type LoggedEvent, type Upcaster } from './event-versions.js';
import { KNOWN_WORKFLOWS } from './known-workflows.js';

const logged = (type: string, data: unknown, sequence = 2): LoggedEvent => ({
  runId: RUN,
  sequence,
  type,
  time: START.toISOString(),
  hash: 'h',
  data,
});

/** As if the meaning had changed twice: `by` became a list, and the list an object. */
const toList: Upcaster = (data) => ({ ...(data as object), by: [(data as { by: string }).by] });
const toObject: Upcaster = (data) => ({ ...(data as object), by: { names: (data as { by: string[] }).by } });
const third = new EventVersions({ [RunEventType.Paused]: [toList, toObject], [RunEventType.Resumed]: [] });

describe('versions of events', () => {
  it('gives every type of today as it stands, stored without a number', () => {
    for (const type of Object.values(RunEventType).filter((one) => one !== RunEventType.Submitted)) {
      expect(EVENT_VERSIONS.typeOf(type)).toBe(type);
      const event = logged(type, { step: 'a' });
      expect(EVENT_VERSIONS.upcast(event)).toEqual(event);
    }
  });

  it('makes the present version of each earlier one, step by step, and keeps what the hash covers', () => {
    const first = { by: 'anna', reason: 'r' };
    expect(third.upcast(logged('run.paused', first))).toEqual({
      ...logged('run.paused', { by: { names: ['anna'] }, reason: 'r' }),
      logged: { type: 'run.paused', data: first },
    });
    expect(first).toEqual({ by: 'anna', reason: 'r' });
    expect(third.upcast(logged('run.paused@2', { by: ['bert'] }))).toMatchObject({
      type: 'run.paused',
      data: { by: { names: ['bert'] } },
      logged: { type: 'run.paused@2' },
    });
    expect(third.upcast(logged('run.paused@3', { by: { names: [] } }))).not.toHaveProperty('logged');
    expect(third.typeOf('run.paused')).toBe('run.paused@3');
    expect(third.typeOf('run.resumed')).toBe('run.resumed');
  });

  it.each(['run.paused@4', 'run.paused@1', 'run.paused@02', 'run.paused@2@3', 'run.paused@', 'run.exploded', 'toString', ''])(
    'does not know %j, and says which event of which run it is',
    (type) => {
      const refused = (): unknown => third.upcast(logged(type, {}, 7));
      expect(refused).toThrow(UnsupportedVersion);
      expect(refused).toThrow(`run ${RUN}: event 7 is ${JSON.stringify(type)}`);
    },
  );

  it('does not take a run whose workflow says what it does not know, in the run or in what it calls', () => {
    const without = new EventVersions(
      { [RunEventType.Submitted]: [] },
      { ...KNOWN_WORKFLOWS, stepMembers: new Set(['task', 'needs', 'workflow']) },
    );
    const plain = workflow({ a: { task: 'work' } });
    const branching = workflow({ a: { task: 'work' }, b: { needs: ['a'], branch: [{ then: 'c' }] }, c: { task: 'work' } });
    const submitted = (data: object): LoggedEvent => logged(RunEventType.Submitted, data, 1);
    expect(without.upcast(submitted(submission(plain)))).toMatchObject({ type: 'run.submitted' });
    expect(() => without.upcast(submitted(submission(branching)))).toThrow('"branch" in step "b"');
    const library = { other: { document: branching, hash: 'x' } };
    expect(() => without.upcast(submitted({ ...submission(plain), library }))).toThrow(UnsupportedVersion);
    expect(() => without.upcast(submitted(submission({ ...plain, api: 'aet/workflow.v2' as never })))).toThrow('v2');
    expect(EVENT_VERSIONS.upcast(submitted(submission(branching)))).toMatchObject({ sequence: 1 });
  });
});
