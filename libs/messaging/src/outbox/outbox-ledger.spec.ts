import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutboxLedger, type Waiting } from './outbox-ledger.js';

const waiting = (offset: number, subject: string, segment = 1): Waiting => ({
  segment,
  offset,
  length: 1,
  subject,
  messageId: `m${segment}.${offset}`,
  at: offset,
});

const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const), subject: fc.constantFrom('a', 'b', 'c') }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'take' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), which: fc.nat(), restMs: fc.nat({ max: 5 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reconnect' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'roll' as const }) },
);

describe('the ledger', () => {
  it('gives the messages of a subject one after the other, in order, each until it is finished', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
        const ledger = new OutboxLedger();
        const added: Waiting[] = [];
        const finished: Waiting[] = [];
        const inHand: Waiting[] = [];
        let segment = 1;
        const takeAll = (now: number): void => {
          for (let next = ledger.take(now); next !== undefined; next = ledger.take(now)) inHand.push(next);
        };
        const finish = (which: number): void => {
          const [one] = inHand.splice(which % inHand.length, 1);
          if (one === undefined) return;
          ledger.finished(one);
          finished.push(one);
        };
        for (const [now, step] of commands.entries()) {
          if (step.kind === 'add') {
            const one = waiting(now, step.subject, segment);
            added.push(one);
            ledger.add(one);
          } else if (step.kind === 'take') {
            const next = ledger.take(now);
            if (next !== undefined) inHand.push(next);
          } else if (step.kind === 'finish') finish(step.which);
          else if (step.kind === 'fail') {
            const [one] = inHand.splice(step.which % Math.max(inHand.length, 1), 1);
            if (one !== undefined) ledger.failed(one, () => now + step.restMs);
          } else if (step.kind === 'reconnect') ledger.wakeAll();
          else segment += 1;

          expect(new Set(inHand.map(({ subject }) => subject)).size).toBe(inHand.length);
          const left = added.filter((one) => !finished.includes(one));
          expect(ledger.records).toBe(left.length);
          expect(ledger.oldestAt()).toBe(left[0]?.at);
          for (const one of added) expect(ledger.holds(one.messageId)).toBe(left.includes(one));
          for (let each = 1; each <= segment; each++) {
            expect(ledger.needs(each)).toBe(left.some((one) => one.segment === each));
          }
          for (const subject of ['a', 'b', 'c']) {
            expect(ledger.waitsFor(subject)).toBe(left.some((one) => one.subject === subject));
          }
        }
        ledger.wakeAll();
        for (takeAll(1_000); inHand.length > 0; takeAll(1_000)) finish(0);
        for (const subject of ['a', 'b', 'c']) {
          const of = (all: Waiting[]) => all.filter((one) => one.subject === subject);
          expect(of(finished)).toEqual(of(added));
        }
      }),
    );
  });

  it('lets a subject rest that failed, and the others go on', () => {
    const ledger = new OutboxLedger();
    for (const one of [waiting(1, 'a'), waiting(2, 'a'), waiting(3, 'b')]) ledger.add(one);
    const first = ledger.take(0) as Waiting;
    ledger.failed(first, (failures) => failures * 100);
    expect([ledger.take(0)?.subject, ledger.take(99), ledger.nextTurnAt]).toEqual(['b', undefined, 100]);
    expect(ledger.take(100)).toBe(first);
    ledger.failed(first, (failures) => failures * 100);
    expect([ledger.take(199), ledger.nextTurnAt]).toEqual([undefined, 200]);
    ledger.wakeAll();
    expect(ledger.take(0)).toBe(first);
  });

  it('is as quick with many messages of one subject', () => {
    const ledger = new OutboxLedger();
    for (let offset = 0; offset < 50_000; offset++) ledger.add(waiting(offset, 'a'));
    for (let offset = 0; offset < 50_000; offset++) {
      const next = ledger.take(0) as Waiting;
      expect(next.offset).toBe(offset);
      ledger.finished(next);
    }
    expect(ledger.records).toBe(0);
  });
});
