// Points git at the hooks kept in .githooks/. Runs after every install; does nothing outside a git checkout or in CI.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (existsSync('.git') && !process.env['CI']) {
  try {
    execFileSync('git', ['config', 'core.hooksPath', '.githooks'], { stdio: 'ignore' });
  } catch (error) {
    console.warn(`git hooks were not installed: ${error.message}`);
  }
}
