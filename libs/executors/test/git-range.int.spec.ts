import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { AttemptFailed } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { GitFixture } from './git-fixture.js';
import { SkillBench } from './skill-bench.js';

async function failure(work: Promise<unknown>): Promise<AttemptFailed> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AttemptFailed)) throw new Error(`expected AttemptFailed, got ${String(error)}`);
  expect(error.retryable).toBe(false);
  return error;
}

describe('git-range', () => {
  it('reviews the last commit by default', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    const base = repo.write('a.ts', 'one\n').write('gone.md', 'old\n').commit();
    const head = repo.write('a.ts', 'two\n').write('b.md', '# B\n').remove('gone.md').commit();
    const range = await bench.range(repo.path);
    expect(range).toMatchObject({ head, base, wholeTree: false, branch: 'main', repo: repo.path, fileCount: 3 });
    expect(range.files).toEqual([
      { path: 'a.ts', status: 'modified', bytes: 4 },
      { path: 'b.md', status: 'added', bytes: 4 },
      { path: 'gone.md', status: 'deleted', bytes: 0 },
    ]);
    expect(range.batches).toEqual([{ index: 0, files: ['a.ts', 'b.md'], removed: ['gone.md'] }]);
  });

  it('takes the whole tree of a repository with one commit', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('a.ts', 'one\n').write('package-lock.json', '{}').commit();
    const range = await bench.range(repo.path);
    expect(range).toMatchObject({ base: null, wholeTree: true, lockfiles: ['package-lock.json'], leftOut: { lockfile: 1 } });
    expect(range.note).toContain('one commit');
  });

  it('says how to get the parent of a shallow clone, and reviews the tree', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('a.ts', 'one\n').commit();
    repo.write('b.ts', 'two\n').commit();
    using clone = repo.clone('--depth', '1');
    const range = await bench.range(clone.path);
    expect(range).toMatchObject({ base: null, wholeTree: true, fileCount: 2 });
    expect(range.note).toContain('git fetch --unshallow');
    expect((await failure(bench.range(clone.path, 'HEAD~1..HEAD'))).message).toContain('git fetch --unshallow');
  });

  it('works with a detached head, a subfolder, a bare clone and a linked work tree', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    const first = repo.write('docs/a.md', 'one\n').commit();
    const head = repo.write('docs/b.md', 'two\n').commit();
    repo.git('worktree', 'add', '-q', '--detach', join(repo.path, 'linked'), first);
    expect(await bench.range(join(repo.path, 'docs'))).toMatchObject({ head, repo: repo.path });
    expect(await bench.range(join(repo.path, 'linked'))).toMatchObject({ head: first, branch: null, wholeTree: true });
    using bare = repo.clone('--bare');
    expect(await bench.range(bare.path)).toMatchObject({ head, base: first });
    repo.git('checkout', '-q', '--detach', head);
    expect(await bench.range(repo.path)).toMatchObject({ head, branch: null });
  });

  it('understands A..B, A...B and A', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    const fork = repo.write('a', '1').commit();
    repo.git('checkout', '-q', '-b', 'topic');
    const topic = repo.write('b', 'topic').commit();
    repo.git('checkout', '-q', 'main');
    const main = repo.write('c', 'main').commit();
    expect(await bench.range(repo.path, 'main..topic')).toMatchObject({ base: main, head: topic, fileCount: 2 });
    expect(await bench.range(repo.path, 'main...topic')).toMatchObject({ base: fork, head: topic, fileCount: 1 });
    expect(await bench.range(repo.path, fork)).toMatchObject({ base: fork, head: main, fileCount: 1 });
  });

  it('refuses what cannot be reviewed, with the remedy', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    expect((await failure(bench.range(repo.path))).message).toContain('has no commit');
    repo.write('a', '1').commit();
    expect((await failure(bench.range(repo.path, 'nowhere..HEAD'))).message).toContain('"nowhere"');
    expect((await failure(bench.range(repo.path, '--output=/tmp/x..HEAD'))).message).toContain('not a range');
    expect((await failure(bench.range('relative'))).message).toContain('absolute');
    expect((await failure(bench.range(join(repo.path, 'none')))).message).toContain('no folder');
    expect((await failure(bench.range('/proc/self'))).message).toContain('git init');
  });

  it('keeps names with blanks, quotes, line ends and letters of any script', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    const names = ['a b.md', 'naïve 漢字.md', 'line\nend.md', 'quo"te.md', '-dash.md', 'tab\there.md'];
    repo.write('base', '1').commit();
    for (const name of names) repo.write(name, `${name}\n`);
    repo.commit();
    const range = await bench.range(repo.path);
    expect(range.files.map((file) => file.path).toSorted()).toEqual(names.toSorted());
    expect(range.batches[0]?.files.toSorted()).toEqual(names.toSorted());
  });

  it('does not follow links or submodules', async () => {
    using other = GitFixture.init();
    other.write('inner.md', 'inner\n').commit();
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('a.md', '1').commit();
    symlinkSync('/etc/passwd', join(repo.path, 'outside'));
    repo.git('submodule', '--quiet', 'add', `file://${other.path}`, 'sub');
    repo.commit();
    const range = await bench.range(repo.path);
    expect(range.leftOut).toEqual({ link: 1, submodule: 1 });
    expect(range.notes.join()).toContain('1 submodule');
    expect(range.batches[0]?.files).toEqual(['.gitmodules']);
  });

  it('runs nothing that the repository defines', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    const trap = join(repo.path, 'trapped');
    repo.write('.gitattributes', '* diff=evil filter=evil\n').write('a.txt', 'one\n').commit();
    repo.write('a.txt', 'two\n').commit();
    for (const key of [
      'core.fsmonitor',
      'diff.external',
      'diff.evil.textconv',
      'diff.evil.command',
      'filter.evil.clean',
      'filter.evil.smudge',
    ]) {
      repo.git('config', key, `touch ${trap}`);
    }
    await bench.range(repo.path);
    expect(existsSync(trap)).toBe(false);
  });

  it('gives a clone the same project id everywhere, without credentials', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('a', '1').commit();
    repo.git('remote', 'add', 'origin', ['https://user:', 'pass@example.org/team/Shop.git'].join(''));
    const { project } = await bench.range(repo.path);
    repo.git('remote', 'set-url', 'origin', 'git@example.org:team/shop.git');
    expect((await bench.range(repo.path)).project).toBe(project);
    expect(project).toMatch(/^shop-[0-9a-f]{8}$/);
  });

  it('leaves out what .aet/review.yaml ignores, and says when that file is broken', async () => {
    using repo = GitFixture.init();
    using bench = new SkillBench();
    repo.write('.aet/review.yaml', 'ignore: ["gen/**"]\n').write('gen/a.md', 'x').write('b.md', 'x').commit();
    expect(await bench.range(repo.path)).toMatchObject({ leftOut: { ignored: 1 } });
    repo.write('.aet/review.yaml', 'ignore: [\n').commit();
    expect((await bench.range(repo.path)).notes.join()).toContain('.aet/review.yaml is not valid YAML');
  });
});
