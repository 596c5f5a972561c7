import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aet, FleetCommand, processesOf } from './fleet-command.js';

const bin = fileURLToPath(new URL('../../apps/cli/bin/aet.mjs', import.meta.url));

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'aet-e2e-simple-'));
  mkdirSync(join(project, '.aet/agents'), { recursive: true });
  agent('echo', 'executor: builtin');
  // Marks that it began, and would go on for longer than any test.
  agent('nap', `executor: command\n  command: [sh, -c, "touch ${project}/begun; sleep 600"]`);
  agent('count', `executor: command\n  command: [sh, -c, "echo x >> ${project}/count; wc -l < ${project}/count"]`);
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const agent = (name: string, aetBlock: string): void =>
  writeFileSync(
    join(project, `.aet/agents/${name}.md`),
    `---\nname: ${name}\ndescription: of this test\naet:\n  ${aetBlock}\n---\n`,
  );
const workflow = (name: string, text: string): string => {
  const file = join(project, `${name}.yaml`);
  writeFileSync(file, `api: aet/workflow.v1\nname: ${name}\n${text}`);
  return file;
};
const runs = (): string[] =>
  readdirSync(join(project, '.aet/simple'))
    .filter((name) => name.endsWith('.ndjson'))
    .map((name) => name.slice(0, -'.ndjson'.length));
const begun = async (): Promise<void> => {
  await expect.poll(() => readdirSync(project).includes('begun')).toBe(true);
};
const onlyRun = (): string => runs()[0] ?? '';

describe('simple mode', () => {
  it('does a task and a workflow without a fleet, and shows what it did', async () => {
    const task = await aet(project, ['simple', 'echo', '-i', 'n=1', '--json']);
    expect(task).toMatchObject({ code: 0, output: expect.stringContaining('"mode": "simple"') as string });
    const shown = await aet(project, ['simple', '--show', onlyRun()]);
    expect(shown.output).toMatch(/completed[\s\S]*run\.submitted[\s\S]*attempt\.completed[\s\S]*run\.completed/);
    const file = workflow(
      'twice',
      'steps:\n  a: { task: echo, with: { n: [1, 2] } }\n  b: { needs: [a], task: echo, map: { over: steps.a.n }, with: { n: "${{ item }}" } }\noutput: "${{ steps.b[].n }}"\n',
    );
    expect(await aet(project, ['simple', file])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/\[\s*1,\s*2\s*\]/) as string,
    });
    expect(processesOf(project)).toEqual([]);
  });

  it('says what there is when it does not know what is meant', async () => {
    expect((await aet(project, ['simple', 'paint'])).output).toMatch(/no capability and no workflow "paint".*echo.*review/);
    expect((await aet(project, ['simple', 'explain the last commit'])).output).toMatch(/needs an agent: add --agent NAME/);
  });

  it('goes on after kill -9 with what was not finished', async () => {
    const file = workflow('long', 'steps:\n  first: { task: count }\n  then: { needs: [first], task: nap }\n');
    const command = new FleetCommand(project, ['simple', file]);
    await begun();
    command.signal('SIGKILL');
    await command.exited;
    agent('nap', 'executor: command\n  command: [echo, "{}"]');
    const resumed = await aet(project, ['simple', '--resume', onlyRun()]);
    expect(resumed).toMatchObject({ code: 0, output: expect.stringContaining('completed') as string });
    expect(readFileSync(join(project, 'count'), 'utf8')).toBe('x\n');
    // What the killed one had begun ended with it, at the latest now.
    expect(processesOf(project)).toEqual([]);
  });

  it('cancels on Ctrl-C, and leaves no process behind', async () => {
    await using command = new FleetCommand(project, ['simple', 'nap']);
    await begun();
    command.signal('SIGINT');
    expect(await command.exited).toBe(130);
    expect(command.output).toContain('was cancelled');
    await expect.poll(() => processesOf(project)).toEqual([]);
  });

  it('waits for nobody who cannot come: it says how to go on', async () => {
    const file = workflow('ask', 'steps:\n  ok: { approval: { text: "Really?" } }\n  a: { needs: [ok], task: echo }\n');
    expect(await aet(project, ['simple', file])).toMatchObject({
      code: 1,
      output: expect.stringContaining('--approve ok') as string,
    });
    expect((await aet(project, ['simple', '--resume', onlyRun(), '--approve', 'ok'])).code).toBe(0);
  });

  it('tells a full disk', async () => {
    const file = workflow(
      'large',
      'inputs: { text: { type: string } }\nsteps:\n  a: { task: echo, with: { text: "${{ inputs.text }}" } }\n',
    );
    writeFileSync(join(project, 'in.json'), JSON.stringify({ text: 'x'.repeat(20_000) }));
    // A file may have 32 blocks of 1 KiB here: the log is full after its second event.
    const limited = spawnSync(
      'bash',
      ['-c', `ulimit -f 32; exec "${process.execPath}" "${bin}" simple "${file}" --inputs in.json`],
      { cwd: project, encoding: 'utf8' },
    );
    expect([limited.status, limited.stderr]).toEqual([
      1,
      expect.stringMatching(/cannot be written \(EFBIG\): files may not grow/),
    ]);
  });
});

describe('process', () => {
  it('chooses for itself, and says why', async () => {
    const small = await aet(project, ['process', 'echo', 'count']);
    expect(small).toMatchObject({
      code: 0,
      output: expect.stringMatching(/simple: no fleet answers[\s\S]*2 of 2 completed/) as string,
    });
    expect((await aet(project, ['process', '--parallel', 'echo'])).output).toContain('although one was asked for');
    const impossible = await aet(project, ['process', 'paint', '--simple']);
    expect([impossible.code, impossible.output]).toEqual([1, expect.stringMatching(/no agent .*"paint".*aet up/)]);
    expect((await aet(project, ['process', 'echo', '--simple', '--parallel'])).code).toBe(1);
  });
});
