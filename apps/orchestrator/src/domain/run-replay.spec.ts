import { RunEventType, type StoredRunEvent, type WorkflowStep } from '@aet/contracts';
import { COMMON_WORDS, RARE_WORDS, RunPlayer, type Word, workflow } from '@aet/runs/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { replay } from './run-replay.js';

const compensate = { task: 'undo', with: { of: '${{ output }}' } };
const document = workflow(
  {
    soon: { wait: { for: '1m' } },
    later: { wait: { signal: 's', timeout: '2m' }, continueOnError: true },
    ask: { approval: { timeout: '3m', onTimeout: 'approve' } },
    way: { branch: [{ when: 'steps.soon', then: 'never' }, { then: 'many' }], needs: ['soon'] },
    never: { task: 'work' },
    many: { task: 'work', map: { over: 'inputs.list', quorum: 2, concurrency: 2, collect: 'length(items)' }, compensate },
    sub: { workflow: 'child', with: { n: '${{ steps.many }}' }, needs: ['many'], retry: { attempts: 2 } },
    kept: { checkpoint: '${{ steps }}', needs: ['sub', 'later'] },
    last: { task: 'work', needs: ['kept', 'ask'] } satisfies WorkflowStep,
  },
  { inputs: { list: { type: 'array' } } },
);
const moves = fc.array(
  fc.tuple(
    fc.nat(),
    fc.oneof(
      { arbitrary: fc.constantFrom<Word>('done', 'done', ...COMMON_WORDS), weight: 6 },
      fc.constantFrom<Word>(...RARE_WORDS),
    ),
  ),
  { maxLength: 40, size: 'max' },
);

const facts = (log: readonly StoredRunEvent[]) => log.map(({ type, data }) => ({ type, data }));

it('decides the same from the same results, words and times, whatever the run went through', () =>
  fc.assert(
    fc.property(moves, (how) => {
      const player = new RunPlayer(document, { list: [1, 2, 3] });
      for (const move of how) player.move(move);
      const { log } = player.finish().run;
      const [first] = log;
      const replayed = first?.type === RunEventType.Submitted ? replay(log, first.data, new Map()) : [];
      expect(facts(replayed)).toEqual(facts(log));
    }),
    { numRuns: 150 },
  ));
