import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real git repository in a folder of its own, deleted with the scope. */
export class SampleRepository implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'aet-e2e-'));

  constructor() {
    this.git('init', '--quiet', '--initial-branch', 'main');
    this.git('config', 'user.name', 'Sample');
    this.git('config', 'user.email', 'sample@example.org');
  }

  git(...args: string[]): string {
    return execFileSync('git', ['-C', this.path, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  }

  commit(message: string, files: Readonly<Record<string, string>>): this {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, path)), { recursive: true });
      writeFileSync(join(this.path, path), content);
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', message);
    return this;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

const api = (paths: object): string =>
  JSON.stringify({ openapi: '3.1.0', info: { title: 'Shop', version: '1' }, paths }, null, 2);
const operation = { responses: { 200: { description: 'fine' } } };

/** Built at run time, so that no scanner finds it in this file. */
const secret = ['ghp', 'k3Jx9QmZ7RtY2WvB5NcD8LfG1HsP4UaE6TiO'].join('_');

/**
 * Two commits. The second plants a secret, removes an operation from the API and breaks a test that takes `testSeconds`.
 */
export function repositoryWithTrouble(testSeconds = 0): SampleRepository {
  const script = `setTimeout(() => { console.log('1..1'); console.log('not ok 1 - adds up'); process.exit(1); }, ${testSeconds * 1000});`;
  return new SampleRepository()
    .commit('Begin', {
      'README.md': '# Shop\n\nSells things. Orders are listed and made over HTTP.\n',
      'openapi.json': api({ '/orders': { get: operation, post: operation } }),
      'package.json': JSON.stringify({ name: 'shop', version: '1.0.0', license: 'MIT', scripts: { test: 'node test.cjs' } }),
      'package-lock.json': JSON.stringify({
        name: 'shop',
        version: '1.0.0',
        lockfileVersion: 3,
        requires: true,
        packages: { '': { name: 'shop', version: '1.0.0' } },
      }),
      'test.cjs': script.replace('not ok', 'ok').replace('exit(1)', 'exit(0)'),
    })
    .commit('Break things', {
      'openapi.json': api({ '/orders': { get: operation } }),
      'src/config.js': `// How the shop talks to its forge.\nexport const token = '${secret}';\n`,
      'test.cjs': script,
    });
}
export const plantedSecret = secret;
