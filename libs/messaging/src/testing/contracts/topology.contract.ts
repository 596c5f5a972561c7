import assert from 'node:assert/strict';
import type { Topology, TopologyDeclaration, TopologyDifference } from '../../topology.js';
import type { ContractCase } from './contract-case.js';

/** What a person may do to a cell by hand. The first loses nothing when it is put right, the others could. */
export type Tampering = 'patience of a consumer' | 'route of a consumer' | 'end of retention' | 'kind of storage';

/** An empty server. */
export interface TopologyWorld {
  /** With a connection of its own. */
  make(): Promise<Topology>;
  /** Changes one field of one part of `contractCell`, past the seam, and says which. `end of retention`: keeps more than is declared. */
  tamper(how: Tampering): Promise<Pick<TopologyDifference, 'what' | 'field'>>;
}

export const contractCell: TopologyDeclaration = {
  namespace: 'default',
  cell: 'c1',
  capabilities: ['alpha', 'beta'],
  ackWaitMs: 5_000,
  leaseTtlMs: 5_000,
};
const withGamma = { ...contractCell, capabilities: [...contractCell.capabilities, 'gamma'] };
const gammaConsumers = ['critical', 'high', 'normal', 'low'].map((priority) => `consumer TASKS/gamma__${priority}`);
const places = (differences: readonly TopologyDifference[]) => differences.map(({ what, field }) => ({ what, field }));

const refuses = (how: Tampering): ContractCase<TopologyWorld> => ({
  name: `refuses to put right the ${how}, names the field, and changes nothing else`,
  async obeysContract(world) {
    const topology = await world.make();
    await topology.ensure(contractCell);
    const changed = await world.tamper(how);
    const before = await topology.differences(withGamma);
    await assert.rejects(
      topology.ensure(withGamma),
      (error: { code: string; details: { differences: TopologyDifference[] } }) => {
        assert.equal(error.code, 'TOPOLOGY_DIFFERS');
        assert.deepEqual(places(error.details.differences), [changed]);
        return true;
      },
    );
    assert.deepEqual(await topology.differences(withGamma), before);
    assert.deepEqual(before.map(({ what }) => what).toSorted(), [changed.what, ...gammaConsumers].toSorted());
  },
});

/** What any `Topology` promises. */
export const topologyContract: readonly ContractCase<TopologyWorld>[] = [
  {
    name: 'makes everything once, and finds nothing to do the second time',
    async obeysContract(world) {
      const topology = await world.make();
      const { created, ...others } = await topology.ensure(contractCell);
      assert.ok(created.length > 0);
      assert.deepEqual(others, { updated: [], unchanged: [] });
      assert.deepEqual(await topology.ensure(contractCell), { created: [], updated: [], unchanged: created });
      assert.deepEqual(await topology.differences(contractCell), []);
    },
  },
  {
    name: 'says what it would find without a change',
    async obeysContract(world) {
      const topology = await world.make();
      const missing = await topology.differences(contractCell);
      assert.deepEqual(await topology.differences(contractCell), missing);
      const { created } = await topology.ensure(contractCell);
      assert.deepEqual(missing.map(({ what }) => what).toSorted(), created.toSorted());
    },
  },
  {
    name: 'agrees when several make it at once',
    async obeysContract(world) {
      const topologies = await Promise.all([world.make(), world.make(), world.make()]);
      const reports = await Promise.all(topologies.map((topology) => topology.ensure(contractCell)));
      for (const { updated } of reports) assert.deepEqual(updated, []);
      for (const topology of topologies) assert.deepEqual(await topology.differences(contractCell), []);
    },
  },
  {
    name: 'adds the consumers of a new capability, and deletes none that is no longer declared',
    async obeysContract(world) {
      const topology = await world.make();
      await topology.ensure(contractCell);
      const { created, updated } = await topology.ensure(withGamma);
      assert.deepEqual({ created, updated }, { created: gammaConsumers, updated: [] });
      await topology.ensure({ ...contractCell, capabilities: [] });
      assert.deepEqual(await topology.differences(withGamma), []);
    },
  },
  {
    name: 'keeps two namespaces apart',
    async obeysContract(world) {
      const topology = await world.make();
      const first = await topology.ensure(contractCell);
      const other = await topology.ensure({ ...contractCell, namespace: 'other' });
      assert.equal(other.created.length, first.created.length);
      assert.deepEqual([other.updated, other.unchanged], [[], []]);
    },
  },
  {
    name: 'changes what loses nothing: what a person changed, and what is now declared otherwise',
    async obeysContract(world) {
      const topology = await world.make();
      await topology.ensure(contractCell);
      const changed = await world.tamper('patience of a consumer');
      assert.deepEqual(places(await topology.differences(contractCell)), [changed]);
      assert.deepEqual((await topology.ensure(contractCell)).updated, [changed.what]);
      const shorter = { ...contractCell, leaseTtlMs: 3_000 };
      assert.match((await topology.ensure(shorter)).updated.join(), /^stream \w*LEASES_c1$/);
      assert.deepEqual(await topology.differences(shorter), []);
    },
  },
  refuses('route of a consumer'),
  refuses('end of retention'),
  refuses('kind of storage'),
];
