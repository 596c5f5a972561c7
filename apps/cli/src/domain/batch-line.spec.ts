import { expect, it } from 'vitest';
import { wishOf } from './batch-line.js';

const wish = (text: string, workflow?: string) => wishOf({ line: 3, text }, 'b1', workflow);

it('makes a submit of a line, under a key of its own', () => {
  expect(wish('{"workflow":"review","inputs":{"n":1}}')).toMatchObject({
    line: 3,
    run: { workflow: 'review', inputs: { n: 1 }, idempotencyKey: 'batch:b1:3' },
  });
  expect(wish('{"workflow":"review","idempotencyKey":"mine"}')).toMatchObject({ run: { idempotencyKey: 'mine' } });
  expect(wish('{"n":1}', 'review')).toMatchObject({ run: { workflow: 'review', inputs: { n: 1 } } });
});

it.each([
  ['{"workflow":', /is not JSON/],
  ['[1]', /is not a JSON object/],
  ['{"workflow":"a","input":{}}', /no field "input"; it may have: workflow/],
  ['{"inputs":{}}', /either "workflow"/],
  ['{"workflow":"a","document":{}}', /either "workflow"/],
  [JSON.stringify({ workflow: 'a', inputs: { text: 'x'.repeat(600_000) } }), /bytes, 524288 are allowed/],
])('says what is wrong with %.40s', (text, message) => {
  expect(wish(text)).toMatchObject({
    line: 3,
    error: { code: 'VALIDATION_FAILED', message: expect.stringMatching(message) as string },
  });
});
