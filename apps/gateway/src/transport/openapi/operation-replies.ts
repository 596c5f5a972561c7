import { CATCH_UP, RunStatus } from '@aet/contracts';
import { anyObject, anything, count, flag, listOf, mapOf, object, oneOf, ref, type Schema, text, time } from './schema-parts.js';

const status = oneOf(Object.values(RunStatus));
const differences = {
  same: flag,
  differences: listOf(object({ path: text, 'before?': anything, 'after?': anything })),
  more: count,
};
const nextTimes = listOf(time);

/** Replies of what is done to runs, and of schedules. */
export const operationReplies: Record<string, Schema> = {
  RunActed: object(
    { runId: text, status, sequence: count, changed: flag },
    '`changed` is false when it was so before, as when the request came again.',
  ),
  RunEventPage: object({ events: listOf(ref('RunEvent')) }),
  RunsDiff: object({ runs: listOf(ref('RunSummary')), ...differences }, 'At most 200 differences; `more` counts the others.'),
  RunReplayed: object({ runId: text, workflow: text, events: count, ...differences }),
  RunImported: object({ 'received?': count, 'runId?': text, 'events?': count, 'existing?': flag }),
  RunsFound: object({ runIds: listOf(text) }),
  RunStatesKnown: object({ states: mapOf(status) }),
  RunsAccepted: object(
    { results: listOf(object({ 'accepted?': ref('RunAccepted'), 'error?': ref('Error') })) },
    'One for each run, in the order of the request.',
  ),
  ScheduleView: object({
    name: text,
    'cron?': text,
    'at?': time,
    timeZone: text,
    catchUp: oneOf(CATCH_UP),
    run: anyObject,
    next: nextTimes,
    'paused?': object({ by: text, at: time, 'reason?': text }),
    'last?': object({ at: time, 'runId?': text, 'error?': ref('Error') }, 'What the last time gave.'),
    by: text,
    updatedAt: time,
  }),
  ScheduleList: object({ schedules: listOf(ref('ScheduleView')) }),
  ScheduleRemoved: object({ name: text, removed: flag }),
};
