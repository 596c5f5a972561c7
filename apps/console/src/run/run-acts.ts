import type { RunAccepted, RunActed, RunView } from '@aet/contracts';
import type { Act, Done, Field, Word } from '../act/act.js';
import { sendJson } from '../api/send-json.js';
import { isEnded } from '../ui/tones.js';
import { changedInputs } from './changed-inputs.js';

/** As in the contracts, from the most to the least urgent; repeated here because the page takes types from there, and no code. */
const PRIORITIES = ['critical', 'high', 'normal', 'low'] as const;

const pathOf = (runId: string, name: string): string => `/v1/runs/${encodeURIComponent(runId)}/${name}`;

/** A word to a run, and what the log says afterwards. */
async function tell(runId: string, name: string, body: object, said: string): Promise<Done> {
  const { status, sequence, changed } = await sendJson<RunActed>('POST', pathOf(runId, name), body);
  const where = `The run is ${status}, event ${sequence} of its log.`;
  return { text: changed ? `${said}. ${where}` : `It was so before: nothing has changed. ${where}` };
}

async function begin(runId: string, name: string, body: object): Promise<Done> {
  const made = await sendJson<RunAccepted>('POST', pathOf(runId, name), body);
  return { text: `A new run has begun: …${made.runId.slice(-8)}.`, to: `/runs/${made.runId}` };
}

const simple = (run: RunView, name: string, said: string): Act['send'] => {
  return ({ told }) => tell(run.runId, name, told, said);
};

/** What can be done with a run as it is now. Whether it may is the gateway's and the workflow's to say. */
export function actsOf(run: RunView, last: number, points: Field['options']): Act[] {
  if (run.status === 'completed') return [rerun(run), fork(run, last, points)];
  if (isEnded(run.status)) return [redrive(run), rerun(run), fork(run, last, points)];
  if (run.status === 'compensating') return [rerun(run)];
  const held = run.status === 'paused' ? [resume(run)] : run.status === 'running' ? [pause(run)] : [];
  return [...held, signal(run), prioritize(run), rerun(run), fork(run, last, points), cancel(run)];
}

const pause = (run: RunView): Act => ({
  name: 'Pause',
  title: 'Pause this run?',
  says: 'Nothing new begins. What runs is finished, and its results are taken.',
  confirm: 'Pause the run',
  send: simple(run, 'pause', 'Paused'),
});
const resume = (run: RunView): Act => ({
  name: 'Resume',
  title: 'Let this run go on?',
  says: 'What was held begins.',
  confirm: 'Resume the run',
  send: simple(run, 'resume', 'Resumed'),
});
const cancel = (run: RunView): Act => ({
  name: 'Cancel',
  title: 'Cancel this run?',
  says: 'What it does is stopped on every host, sub-runs included, and what it did is undone where the workflow says how.',
  confirm: 'Cancel the run',
  grave: true,
  send: simple(run, 'cancel', 'Cancelled'),
});
const redrive = (run: RunView): Act => ({
  name: 'Redrive',
  title: 'Take this run up again?',
  says: 'The tasks that ended it, and those that its end interrupted, get another attempt each. The log goes on where it stands.',
  confirm: 'Redrive the run',
  send: simple(run, 'redrive', 'Taken up again'),
});

export const signal = (run: RunView, name?: string): Act => ({
  name: name === undefined ? 'Signal' : 'Send the signal',
  title: 'Send a signal?',
  says: 'A step that waits for it goes on; one that comes to wait for it later finds it.',
  confirm: 'Send the signal',
  fields: [
    {
      name: 'name',
      label: 'Name of the signal',
      kind: 'line',
      required: true,
      value: name ?? '',
      options: run.steps.flatMap(({ waitsFor }) => (waitsFor?.signal === undefined ? [] : [{ value: waitsFor.signal }])),
    },
    { name: 'payload', label: 'Payload, JSON (optional)', kind: 'json', hint: 'The output of the step that waits.' },
  ],
  send: ({ values, told, once }) => tell(run.runId, 'signal', { ...values, ...told, id: once }, 'The signal was taken'),
});

const prioritize = (run: RunView): Act => ({
  name: 'Priority',
  title: 'Give this run another priority?',
  says: 'What waits in the queue is moved; what runs is not touched.',
  confirm: 'Change the priority',
  fields: [
    {
      name: 'priority',
      label: 'Priority',
      kind: 'choice',
      value: run.priority,
      options: PRIORITIES.map((value) => ({ value })),
    },
  ],
  send: ({ values, told }) =>
    tell(run.runId, 'prioritize', { ...values, ...told }, `The priority is ${String(values['priority'])}`),
});

const newRun = (run: RunView): Field[] => [
  {
    name: 'inputs',
    label: 'Inputs, JSON',
    kind: 'json',
    value: JSON.stringify(run.inputs, null, 2),
    hint: 'Only what you change is sent; the others stay as they were.',
  },
  {
    name: 'priority',
    label: 'Priority',
    kind: 'choice',
    options: [{ value: '', name: `as it was: ${run.priority}` }, ...PRIORITIES.map((value) => ({ value }))],
  },
];
const wordOf = (run: RunView, { values, told, once }: Word): object => {
  const { inputs, ...rest } = values;
  const changed = changedInputs(run.inputs, inputs);
  return { ...rest, ...told, ...(changed === undefined ? {} : { inputs: changed }), idempotencyKey: once };
};

const rerun = (run: RunView): Act => ({
  name: 'Rerun',
  title: 'Run it again?',
  says: 'A new run of the same workflow. This one stays as it is.',
  confirm: 'Begin the new run',
  fields: [
    {
      name: 'from',
      label: 'From',
      kind: 'choice',
      options: [
        { value: '', name: 'the beginning' },
        ...run.steps.filter((step) => step.compensates === undefined).map(({ name }) => ({ value: name })),
      ],
      hint: 'The step and all that follow from it are done anew; what had ended elsewhere is kept.',
    },
    ...newRun(run),
  ],
  send: (word) => begin(run.runId, 'rerun', wordOf(run, word)),
});

const fork = (run: RunView, last: number, points: Field['options'] = []): Act => ({
  name: 'Fork',
  title: 'Go on from a place in its log?',
  says: 'A new run that goes on as if nothing had come after that event. This one stays as it is.',
  confirm: 'Begin the new run',
  fields: [
    {
      name: 'sequence',
      label: `After event (1 to ${last})`,
      kind: 'number',
      required: true,
      value: String(last),
      options: points,
      hint: 'The numbers stand in the log below.',
    },
    ...newRun(run),
  ],
  send: (word) => begin(run.runId, 'fork', wordOf(run, word)),
});

/** Yes or no where a run asks. */
export const decide = (ask: { runId: string; step: string; text: string; approvers?: string[] }, yes: boolean): Act => ({
  name: yes ? 'Approve' : 'Reject',
  title: yes ? `Approve “${ask.step}”?` : `Reject “${ask.step}”?`,
  says: (
    ask.text + (ask.approvers === undefined ? '' : ` May decide: ${ask.approvers.join(', ')}. Give your name below.`)
  ).trim(),
  confirm: yes ? 'Approve' : 'Reject',
  grave: !yes,
  send: ({ told }) =>
    tell(ask.runId, yes ? 'approve' : 'reject', { step: ask.step, ...told }, `${yes ? 'Approved' : 'Rejected'}: ${ask.step}`),
});
