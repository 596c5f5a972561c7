import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyList, entriesOf, entryAt, listOf, withEntry } from './task-list.js';

describe('a list of which every version stays', () => {
  it('has the entries that an array would have, in every version', () =>
    fc.assert(
      fc.property(fc.nat({ max: 2_200 }), fc.array(fc.tuple(fc.nat(), fc.integer()), { maxLength: 50 }), (length, changes) => {
        const array = Array.from({ length }, (_, at) => at);
        let list = listOf(array);
        const versions = [{ list, array: [...array] }];
        for (const [pick, entry] of changes) {
          const at = pick % (array.length + 1);
          array[at] = entry;
          list = withEntry(list, at, entry);
          versions.push({ list, array: [...array] });
        }
        for (const version of versions) expect([...entriesOf(version.list)]).toEqual(version.array);
        expect(array.map((_, at) => entryAt(list, at))).toEqual(array);
        expect(list).toEqual(listOf(array));
      }),
      { numRuns: 40 },
    ));

  it('has nothing beside its entries', () => {
    const list = listOf(['a']);
    for (const at of [-1, 1, 0.5, Number.NaN]) expect(entryAt(list, at)).toBeUndefined();
    expect(() => withEntry(list, 2, 'c')).toThrow(/in the order of their items/);
    expect([...entriesOf(emptyList())]).toEqual([]);
  });
});
