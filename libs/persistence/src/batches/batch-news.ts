import { assertNever, type TellBatch } from '@aet/contracts';

/** No host holds it any more; the next one may take it at its time. */
const FREE = 'lease = NULL, leased_until = NULL';
const LATER = `due_at = clock_timestamp() + $2::float8 * interval '1 millisecond'`;

/** What a host's word changes in the batch's row. `$1` is the batch. */
export function changeOf({ news, providerBatch, requests, againMs = 0, message }: TellBatch): {
  set: string;
  values: unknown[];
} {
  switch (news) {
    // Noted before it is handed in: should the host die now, the next one looks for it first.
    case 'submitting':
      return {
        set: `state = 'submitting', submitting_at = clock_timestamp(), requests = coalesce($2, requests)`,
        values: [requests ?? null],
      };
    case 'submitted':
      return {
        set: `state = 'submitted', provider_batch = $3, submitted_at = clock_timestamp(), ${LATER}, ${FREE}`,
        values: [againMs, providerBatch ?? null],
      };
    case 'waiting':
      return { set: `${LATER}, message = $3, ${FREE}`, values: [againMs, message ?? null] };
    case 'postponed':
      return {
        set: `state = 'formed', submitting_at = NULL, ${LATER}, message = $3, ${FREE}`,
        values: [againMs, message ?? null],
      };
    case 'not-ours':
      return {
        set: `state = 'submitting', provider_batch = NULL, submitted_at = NULL, not_ours = not_ours || provider_batch, ${LATER}, ${FREE}`,
        values: [againMs],
      };
    case 'refused':
    case 'ended':
      return { set: `state = 'ended', ended_at = clock_timestamp(), message = $2, ${FREE}`, values: [message ?? null] };
    default:
      return assertNever(news);
  }
}
