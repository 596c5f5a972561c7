import { expect, it } from 'vitest';
import * as contracts from '../index.js';

it('names each method that the contracts export, once', () => {
  const exported = Object.entries(contracts).flatMap(([name, value]) =>
    name.endsWith('Rpc') ? Object.values(value as object) : [],
  );
  expect(contracts.RPC_METHODS).toHaveLength(exported.length);
  expect(new Set(contracts.RPC_METHODS)).toEqual(new Set(exported));
});

it('knows which may be asked twice: those that only read', () => {
  const others = contracts.RPC_METHODS.filter(({ idempotent }) => idempotent !== true).map(
    ({ service, method }) => `${service}.${method}`,
  );
  expect(others.toSorted()).toEqual([
    'km.ingest',
    'orchestrator.archive-restore',
    'orchestrator.dlq-drop',
    'orchestrator.dlq-retry',
    'orchestrator.fork',
    'orchestrator.rebuild',
    'orchestrator.redrive',
    'orchestrator.rerun',
    'orchestrator.submit',
    'orchestrator.submit-many',
    'orchestrator.verify-state',
    'service-registry.allocate-port',
    'service-registry.release-port',
  ]);
});
