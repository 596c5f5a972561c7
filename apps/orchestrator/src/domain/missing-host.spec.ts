import type { RunView } from '@aet/contracts';
import { workflow } from '@aet/runs/testing';
import { expect, it } from 'vitest';
import { withMissingHosts } from './missing-host.js';

const document = workflow({
  scan: { task: 'scan' },
  train: { task: 'train', placement: { labels: { gpu: 'a100' } } },
  here: { task: 'scan', placement: { host: 'pc2' } },
  ask: { approval: {} },
});
const view = {
  steps: ['scan', 'train', 'here', 'ask'].map((name) => ({ name, status: 'running' })),
} as RunView;
const waits = (...hosts: Parameters<typeof withMissingHosts>[2]) =>
  withMissingHosts(view, document, hosts).steps.map(({ waitsFor }) => waitsFor?.host);

it('a step whose task no host can take now says what it waits for', () => {
  const scanner = { host: 'mainpc', labels: {}, capabilities: ['scan'] };
  const trainer = { host: 'pc2', labels: { gpu: 'a100' }, capabilities: ['scan', 'train'] };
  expect(waits(scanner, trainer)).toEqual([undefined, undefined, undefined, undefined]);
  expect(waits(scanner)).toEqual([
    undefined,
    'a host with the capability "train": none has an agent for it now',
    'a host with the capability "scan" named "pc2": there is none now',
    undefined,
  ]);
  expect(waits({ ...trainer, labels: {} })[1]).toBe(
    'a host with the capability "train" with the label gpu=a100: there is none now',
  );
});

it('a step that does not run waits for no host', () => {
  const ended = { steps: [{ name: 'scan', status: 'completed' }] } as RunView;
  expect(withMissingHosts(ended, document, [])).toEqual(ended);
});
