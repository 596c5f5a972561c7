/** What every contender sends and answers: so many bytes as JSON, the same shape everywhere. */
export interface Job {
  id: string;
  kind: string;
  attempt: number;
  labels: string[];
  text: string;
}

/** @param bytes of the JSON text */
export function jobOf(bytes: number): Job {
  const job: Job = { id: '01a1fdfa-8d3a-76d3-aeb3-ff934b7142cc', kind: 'index', attempt: 1, labels: ['mainpc', 'gpu'], text: '' };
  return { ...job, text: 'x'.repeat(Math.max(0, bytes - JSON.stringify(job).length)) };
}

/** A W3C trace context that is not sampled: every contender carries one with each request. */
export const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
