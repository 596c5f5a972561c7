import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const PERSON = { name: 'Test', email: 'test@example.org' };

/** A real repository in a folder of its own. */
export class GitFixture implements Disposable {
  constructor(readonly path: string) {}

  static init(): GitFixture {
    const fixture = new GitFixture(realpathSync(mkdtempSync(join(tmpdir(), 'aet-skills-'))));
    fixture.git('init', '-q', '-b', 'main');
    return fixture;
  }

  /** Output of a git command, without the caller's configuration. */
  git(...args: string[]): string {
    const identity = ['-c', `user.name=${PERSON.name}`, '-c', `user.email=${PERSON.email}`, '-c', 'protocol.file.allow=always'];
    const env = { PATH: process.env['PATH'] ?? '', HOME: this.path, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
    return execFileSync('git', ['-C', this.path, ...identity, ...args], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  write(path: string, content: string | Uint8Array): this {
    const file = join(this.path, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return this;
  }

  remove(path: string): this {
    rmSync(join(this.path, path), { recursive: true });
    return this;
  }

  /** Commits everything and gives the commit's name. */
  commit(message = 'change'): string {
    this.git('add', '-A', '-f');
    this.git('commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** A clone in a folder of its own. */
  clone(...args: string[]): GitFixture {
    const target = realpathSync(mkdtempSync(join(tmpdir(), 'aet-skills-')));
    this.git('clone', '-q', ...args, `file://${this.path}`, target);
    return new GitFixture(target);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
