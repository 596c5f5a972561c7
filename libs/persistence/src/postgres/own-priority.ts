/** Whether the row's step says its priority itself: a change of the run's is not for it. */
export const hasOwnPriority = (row: string): string => `EXISTS (
      SELECT FROM aet.run_event e WHERE e.run_id = ${row}.run_id AND e.sequence = 1
        AND e.data->'workflow'->'steps'->split_part(${row}.step, '~', 1)->>'priority' IS NOT NULL)`;
