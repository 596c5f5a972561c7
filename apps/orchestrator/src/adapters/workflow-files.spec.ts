import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AetError } from '@aet/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WorkflowFiles } from './workflow-files.js';

const text = (name: string, task = 'x') => `api: aet/workflow.v1\nname: ${name}\nsteps:\n  a: { task: ${task} }\n`;
let root: string;
let problems: readonly AetError[];
let files: WorkflowFiles;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'aet-workflows-'));
  await mkdir(join(root, 'own'));
  await mkdir(join(root, 'shipped'));
  files = new WorkflowFiles(
    ['own', 'absent', 'shipped'].map((name) => join(root, name)),
    (found) => (problems = found),
  );
});
afterEach(() => rm(root, { recursive: true }));

describe('WorkflowFiles', () => {
  it('takes the first folder for a name, and all folders for the list', async () => {
    await writeFile(join(root, 'own', 'review.yaml'), text('review', 'mine'));
    await writeFile(join(root, 'shipped', 'review.yaml'), text('review', 'theirs'));
    await writeFile(join(root, 'shipped', 'other.yml'), text('other'));
    await writeFile(
      join(root, 'shipped', 'plain.json'),
      JSON.stringify({ api: 'aet/workflow.v1', name: 'plain', steps: { a: { task: 'x' } } }),
    );
    await writeFile(join(root, 'shipped', 'README.md'), 'no workflow');
    expect((await files.find('review')).steps['a']?.task).toBe('mine');
    expect((await files.list()).map(({ name }) => name)).toEqual(['review', 'other', 'plain']);
    expect(problems).toEqual([]);
  });

  it('reports an invalid file with its place, and gives the others', async () => {
    await writeFile(join(root, 'own', 'bad.yaml'), 'api: aet/workflow.v1\nname: bad\n');
    await writeFile(join(root, 'own', 'good.yaml'), text('good'));
    expect((await files.list()).map(({ name }) => name)).toEqual(['good']);
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/bad\.yaml:1:1: needs the key "steps"/)]);
    await expect(files.find('bad')).rejects.toMatchObject({ code: 'WORKFLOW_INVALID' });
    await expect(files.find('none')).rejects.toThrow(/there are: good/);
  });

  it('sees a file that was changed', async () => {
    await writeFile(join(root, 'own', 'review.yaml'), text('review', 'before'));
    await files.find('review');
    await writeFile(join(root, 'own', 'review.yaml'), text('review', 'afterwards'));
    expect((await files.find('review')).steps['a']?.task).toBe('afterwards');
  });
});
