import type { CapabilityView, Dropped, Redriven } from '@aet/contracts';
import type { Act } from '../act/act.js';
import { sendJson } from '../api/send-json.js';

const pathOf = (capability: string, name: string): string => `/v1/queue/${encodeURIComponent(capability)}/${name}`;

const rateWords = ({ rate }: CapabilityView): string =>
  rate === undefined ? 'as many as there are slots' : `${rate.perSecond} a second, ${rate.burst} at once`;

export const holdCapability = ({ capability, paused }: CapabilityView): Act =>
  paused === undefined
    ? {
        name: 'Pause',
        title: `Pause ${capability}?`,
        says: 'No host of the cell takes a new task of it. What runs is finished; what comes waits.',
        confirm: 'Pause the capability',
        send: async ({ told }) => {
          const view = await sendJson<CapabilityView>('POST', pathOf(capability, 'pause'), told);
          return { text: `${capability} is ${view.paused === undefined ? 'not paused' : 'paused'}.` };
        },
      }
    : {
        name: 'Resume',
        title: `Let ${capability} go on?`,
        says: 'Hosts take what waits, the most urgent first.',
        confirm: 'Resume the capability',
        send: async ({ told }) => {
          const view = await sendJson<CapabilityView>('POST', pathOf(capability, 'resume'), told);
          return { text: `${capability} ${view.paused === undefined ? 'goes on' : 'is paused still'}.` };
        },
      };

/** Absent in the dialog: as the rule says. */
export const limitCapability = (view: CapabilityView): Act => ({
  name: 'Rate',
  title: `How many tasks of ${view.capability} may begin?`,
  says: `On all hosts of the cell together. Now: ${rateWords(view)}.`,
  confirm: 'Set the rate',
  fields: [
    {
      name: 'rule',
      label: 'Rule',
      kind: 'choice',
      options: [
        { value: '', name: 'so many a second' },
        { value: 'configured', name: 'as the configuration says' },
        { value: 'unlimited', name: 'no limit' },
      ],
    },
    { name: 'perSecond', label: 'A second', kind: 'number', value: String(view.rate?.perSecond ?? '') },
    { name: 'burst', label: 'At once, after a quiet time (optional)', kind: 'number' },
  ],
  send: async ({ values, told }) => {
    // A rule says all: the numbers are for the case that there is none.
    const { rule, ...numbers } = values;
    const wish = rule === undefined ? numbers : { rule };
    const done = await sendJson<CapabilityView>('PUT', pathOf(view.capability, 'rate'), { ...wish, ...told });
    return { text: `${view.capability}: ${rateWords(done)}.` };
  },
});

export const retryLetter = (sequence: number): Act => ({
  name: 'Retry',
  title: `Retry dead letter ${sequence}?`,
  says: 'Its run goes on: its tasks that had given up get another attempt.',
  confirm: 'Retry',
  send: async ({ told }) => {
    const { runId, attempts } = await sendJson<Redriven>('POST', `/v1/dlq/${sequence}/retry`, told);
    return { text: `${attempts.length} ${attempts.length === 1 ? 'attempt' : 'attempts'} scheduled.`, to: `/runs/${runId}` };
  },
});

export const dropLetter = (sequence: number, then: () => void): Act => ({
  name: 'Drop',
  title: `Drop dead letter ${sequence}?`,
  says: 'It is removed for good. Who did it and why is recorded.',
  confirm: 'Drop the letter',
  grave: true,
  reasonNeeded: true,
  send: async ({ told }) => {
    const query = new URLSearchParams(Object.entries(told));
    const dropped = await sendJson<Dropped>('DELETE', `/v1/dlq/${sequence}?${query}`);
    then();
    return { text: `Dead letter ${dropped.sequence} is removed.` };
  },
});
