import { WORKFLOW_API, type WorkflowDocument } from '@aet/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mermaid } from './mermaid.js';
import { terminalGraph } from './terminal-graph.js';
import { workflowGraph } from './workflow-graph.js';

const of = (steps: Record<string, unknown>): WorkflowDocument => ({ api: WORKFLOW_API, name: 'x', steps }) as WorkflowDocument;
const EXAMPLE = of({
  range: { task: 'git-range' },
  scan: { task: 'secret-scan', needs: ['range'], map: { over: '${{ steps.range.files }}' } },
  choose: { needs: ['scan'], branch: [{ when: 'steps.scan[?critical]', then: 'ask' }, { then: 'note' }] },
  ask: { approval: { approvers: ['alice'] } },
  note: { checkpoint: 1 },
  pause: { wait: { for: '5s' }, needs: ['range'], when: 'steps.range' },
  end: { workflow: 'other', needs: ['ask', 'note', 'pause'] },
});
/** A graph of many steps, each of which waits for some that stand before it. */
const large = (count: number): WorkflowDocument =>
  of(
    Object.fromEntries(
      Array.from({ length: count }, (_, at) => [
        `step-${at}`,
        { task: 'work', needs: [1, 3, 7].flatMap((back) => (at >= back && at % back === 0 ? [`step-${at - back}`] : [])) },
      ]),
    ),
  );

describe('workflowGraph', { timeout: 60_000 }, () => {
  it('has every step once, behind all that it waits for', () => {
    const { nodes, edges } = workflowGraph(EXAMPLE);
    const place = (name: string): number => nodes.findIndex((node) => node.name === name);
    expect(nodes.map(({ name }) => name).toSorted()).toEqual(Object.keys(EXAMPLE.steps).toSorted());
    for (const { from, to } of edges) expect(place(from)).toBeLessThan(place(to));
    expect(edges).toContainEqual({ from: 'choose', to: 'ask', condition: 'if steps.scan[?critical]' });
    expect(edges).toContainEqual({ from: 'choose', to: 'note', condition: 'otherwise' });
    expect(edges).toContainEqual({ from: 'range', to: 'pause', condition: 'if steps.range' });
  });
});

describe('mermaid', { timeout: 60_000 }, () => {
  it('draws each kind in its shape, and conditions on the edges', () => {
    const lines = mermaid(EXAMPLE).split('\n');
    expect(lines[0]).toBe('flowchart TD');
    for (const shape of [
      's0["range<br/>',
      '["scan<br/>⧉ ',
      '{"choose<br/>',
      '{{"ask<br/>',
      '[("note<br/>',
      '(["pause<br/>',
      '[["end<br/>',
    ])
      expect(lines.join('\n')).toContain(shape);
    expect(lines.filter((line) => line.includes('|"otherwise"|'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('-->'))).toHaveLength(5);
  });

  it('lets no text become a part of its source', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const lines = mermaid(of({ a: { task: 'x' }, b: { needs: ['a'], when: text, approval: { approvers: [text] } } }))
          .trimEnd()
          .split('\n');
        expect(lines).toHaveLength(4);
        for (const line of lines.slice(1)) expect(line).toMatch(/^ {2}s\d(\[|\{\{| -\.->\|| -->)/);
        const labels = lines.flatMap((line) =>
          [...line.matchAll(/"([^"]*)"/g)].map(([, label = '']) => label.replace('<br/>', '')),
        );
        for (const label of labels) expect(label).toMatch(/^([\p{L}\p{N} .,:/_()?!=+*⧉…-]|#\d+;)*$/u);
      }),
    );
    const hostile = mermaid(
      of({ a: { task: 'x' }, b: { task: 'y', needs: ['a'], when: '"]\nclick s0 href "javascript:alert(1)" <img src=x>' } }),
    );
    expect(hostile).not.toMatch(/^\s*click/m);
    expect(hostile).not.toContain('<img');
  });
});

describe('terminalGraph', { timeout: 60_000 }, () => {
  const rows = (document: WorkflowDocument, width: number): string[] => terminalGraph(document, { width }).split('\n');

  it('joins each step to those that it waits for, and to no other', () => {
    expect(
      rows(EXAMPLE, 100).map((row) => row.split('  ●')[0]?.replace(/ +(range|scan|choose|ask|note|pause|end) .*/, '')),
    ).toEqual(['●', '├──◎', '╰──│──◷', '◆──╯  │', '├──▲  │', '╰──│──│──■', '▣──┴──┴──╯']);
    const text = terminalGraph(EXAMPLE, { width: 100 });
    expect(text).toContain('(if steps.scan[?critical])');
    expect(text).toContain('approval by alice');
  });

  it('draws thirty steps, one in a line, in the width it is given', () => {
    for (const width of [60, 80, 120]) {
      const lines = rows(large(30), width);
      expect(lines).toHaveLength(30);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    }
  });

  it('takes rails down without a gap: above each piece of a rail is a rail or the mark that it begins with', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (count) => {
        const lines = rows(large(count), 200);
        const above: string[] = [];
        for (const [row, line] of lines.entries())
          for (const [column, char] of Array.from(line).entries())
            if ('│├┼┤╰┴╯'.includes(char)) above.push(Array.from(lines[row - 1] ?? '')[column] ?? ' ');
        expect(above.filter((char) => !'│├┼┤●'.includes(char))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('cannot move the cursor', () => {
    const text = terminalGraph(
      of({ a: { task: 'x', when: '\u001B[2J\u0007' }, b: { task: 'y', needs: ['a'], when: '\u001B[2Jx\r' } }),
    );
    expect(text).not.toMatch(/[^\P{C}\n]/u);
  });
});
