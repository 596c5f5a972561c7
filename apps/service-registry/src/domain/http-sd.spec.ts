import type { CellPicture, InstanceRecord } from '@aet/contracts';
import { expect, it } from 'vitest';
import { targetGroups } from './http-sd.js';

const instance = (over: Partial<InstanceRecord>): InstanceRecord =>
  ({
    service: 'km',
    instance: 'km-a',
    cell: 'mainpc',
    host: 'pc2',
    slot: 'blue',
    version: '0.1.0',
    labels: {},
    url: 'http://127.0.0.1:5003',
    ...over,
  }) as InstanceRecord;
const cell = (state: CellPicture['state'], ...instances: InstanceRecord[]): CellPicture => ({
  cell: 'mainpc',
  state,
  at: '',
  instances,
});

it('is a list of targets with string labels, as Prometheus reads it', () => {
  expect(targetGroups([cell('local', instance({ labels: { 'gpu.kind': 'a100' } }))])).toEqual([
    {
      targets: ['127.0.0.1:5003'],
      labels: {
        __scheme__: 'http',
        service: 'km',
        instance: 'km-a',
        cell: 'mainpc',
        host: 'pc2',
        slot: 'blue',
        version: '0.1.0',
        host_label_gpu_kind: 'a100',
      },
    },
  ]);
});

it('leaves out what cannot be scraped', () => {
  const { url: _url, ...silent } = instance({});
  expect(targetGroups([cell('local', silent, instance({ url: 'nonsense' })), cell('unreachable', instance({}))])).toEqual([]);
  expect(targetGroups([])).toEqual([]);
});
