import type { StepView } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { layOut, NODE } from './step-layout.js';

const step = (name: string, ...needs: string[]): StepView => ({
  name,
  kind: 'task',
  task: name,
  needs,
  status: 'waiting',
  attempts: 0,
});
const columnOf = (steps: StepView[], name: string): number => {
  const node = layOut(steps).nodes.find((n) => n.step.name === name);
  return (node?.x ?? -1) / (NODE.width + NODE.columnGap);
};

describe('the layout of a run', () => {
  it('puts a step to the right of everything that it needs, whatever the order', () => {
    const steps = [step('d', 'c', 'a'), step('c', 'b'), step('b', 'a'), step('a')];
    expect(['a', 'b', 'c', 'd'].map((name) => columnOf(steps, name))).toEqual([0, 1, 2, 3]);
  });

  it('draws no edge that another way already says', () => {
    const { edges } = layOut([step('a'), step('b', 'a'), step('c', 'a', 'b')]);
    expect(edges.map((e) => `${e.from}${e.to}`)).toEqual(['ab', 'bc']);
  });

  it('leads an edge past other columns without crossing their steps', () => {
    const { nodes, edges } = layOut([step('a'), step('b'), step('c', 'b'), step('d', 'c', 'a')]);
    const long = edges.find((e) => e.from === 'a')?.path ?? '';
    const lane = Number(/ (-?[\d.]+)H/.exec(long)?.[1]);
    const passed = nodes.find((n) => n.step.name === 'c');
    expect(passed !== undefined && lane > passed.y && lane < passed.y + NODE.height).toBe(false);
    expect(Number.isNaN(lane)).toBe(false);
  });

  it('keeps steps of a column apart, and centres a small one beside a large one', () => {
    const { nodes, height } = layOut([step('a'), step('b', 'a'), step('c', 'a'), step('d', 'a')]);
    expect(nodes.find((n) => n.step.name === 'a')?.y).toBe((height - NODE.height) / 2);
    expect(new Set(nodes.map((n) => `${n.x},${n.y}`)).size).toBe(4);
  });

  it('puts what undoes a step behind it, and marks the way there', () => {
    const steps = [step('a'), step('b', 'a'), { ...step('b~undo'), compensates: 'b' }];
    expect(columnOf(steps, 'b~undo')).toBe(2);
    expect(layOut(steps).edges.map(({ to, undoes }) => [to, undoes])).toEqual([
      ['b', false],
      ['b~undo', true],
    ]);
  });

  it('survives needs that are unknown or go in a circle', () => {
    const { nodes } = layOut([step('a', 'b'), step('b', 'a'), step('c', 'nobody')]);
    expect(nodes).toHaveLength(3);
    expect(layOut([])).toEqual({ width: 0, height: 0, nodes: [], edges: [] });
  });
});
