import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { drawWorkflow, listWorkflows, showWorkflow, validateWorkflows } from './workflow.action.js';

const HEAD = 'api: aet/workflow.v1\nname: ';
const CHILD = `${HEAD}child\ninputs:\n  n: { type: number, required: true }\nsteps:\n  a: { task: echo, with: { n: "\${{ inputs.n }}" } }\n`;
const PARENT = `${HEAD}parent\ndescription: Calls another. Twice.\nsteps:\n  a: { workflow: child, with: { n: 1 } }\n  b: { task: echo, needs: [a], when: steps.a }\n`;

let project: string;
let [out, err] = ['', ''];

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'aet-workflow-'));
  mkdirSync(join(project, '.aet/workflows'), { recursive: true });
  writeFileSync(join(project, '.aet/workflows/child.yaml'), CHILD);
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(project, { recursive: true });
});

const file = (name: string, text: string): string => {
  const path = join(project, name);
  writeFileSync(path, text);
  return path;
};

describe('aet workflow', () => {
  it('validates a file with the workflows that it calls, by name and beside it', async () => {
    expect(await validateWorkflows([file('parent.yaml', PARENT), 'child'], {}, project)).toBe(0);
    expect(out).toMatch(/parent\.yaml: parent is valid\nchild: child is valid\n/);
    const other = file('other.yaml', CHILD.replace('name: child', 'name: other'));
    expect(
      await validateWorkflows([file('p.yaml', PARENT.replace('workflow: child', 'workflow: other')), other], {}, project),
    ).toBe(0);
  });

  it('says everything that is wrong with its place, and exits with 1', async () => {
    const bad = file('bad.yaml', `${HEAD}bad\nsteps:\n  a: { task: x, needs: [b] }\n  c: { wait: {} }\n`);
    expect(await validateWorkflows([bad, 'child'], {}, project)).toBe(1);
    expect(err).toContain(`${bad}:4:25: steps.a.needs.0: needs "b", which is not a step`);
    expect(err).toContain(`${bad}:5:8: steps.c.wait: has exactly one of for, until and signal`);
    expect(out).toContain('child: child is valid');
  });

  it('finds a call of what does not exist, with its place', async () => {
    const bad = file('bad.yaml', `${HEAD}bad\nsteps:\n  a: { workflow: none }\n  b: { workflow: child, with: { m: 1 } }\n`);
    expect(await validateWorkflows([bad], {}, project)).toBe(1);
    expect(err).toContain(`${bad}:4:8: steps.a.workflow: there is no workflow "none"`);
    expect(err).toContain(`${bad}:5:33: steps.b.with.m: child has no input "m"`);
  });

  it('gives the same as data', async () => {
    expect(await validateWorkflows(['none', 'child'], { json: true }, project)).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      valid: false,
      workflows: [
        { what: 'none', valid: false },
        { name: 'child', valid: true },
      ],
    });
  });

  it('reads a workflow in JSON', async () => {
    const json = file('plain.json', JSON.stringify({ api: 'aet/workflow.v1', name: 'plain', steps: { a: { task: 'echo' } } }));
    expect(await validateWorkflows([json], {}, project)).toBe(0);
  });

  it('shows inputs, steps and the document', async () => {
    expect(await showWorkflow('child', {}, project)).toBe(0);
    expect(out).toMatch(/^n +number +required$/m);
    expect(out).toMatch(/^a +echo +-$/m);
    expect(out).toContain('api: aet/workflow.v1');
    out = '';
    await showWorkflow(file('parent.yaml', PARENT), { json: true }, project);
    expect(JSON.parse(out)).toMatchObject({
      document: { name: 'parent' },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      calls: { child: expect.any(String) },
    });
  });

  it('draws it in the terminal, as Mermaid, as data', async () => {
    const parent = file('parent.yaml', PARENT);
    await drawWorkflow(parent, {}, project);
    expect(out).toBe('▣      a  workflow child\n╰──●   b  echo  (if steps.a)\n');
    out = '';
    await drawWorkflow(parent, { mermaid: true }, project);
    expect(out).toContain('s0 -.->|"if steps.a"| s1');
    out = '';
    await drawWorkflow(parent, { json: true }, project);
    expect(JSON.parse(out)).toMatchObject({ edges: [{ from: 'a', to: 'b', condition: 'if steps.a' }] });
  });

  it('lists the own and the shipped ones, and what is wrong with others', async () => {
    expect(await listWorkflows({}, project)).toBe(0);
    expect(out).toMatch(/^child +1 /m);
    expect(out).toMatch(/^review +8 /m);
    writeFileSync(join(project, '.aet/workflows/bad.yaml'), `${HEAD}bad\n`);
    expect(await listWorkflows({}, project)).toBe(1);
    expect(err).toContain('bad.yaml:1:1: needs the key "steps"');
  });
});
