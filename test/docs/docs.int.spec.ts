import { loadConfig } from '@aet/config';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAgent } from '@aet/executors';
import { parseWorkflow } from '@aet/runs';
import { anchorsOf, type FencedBlock, linksOf, splitFences } from './markdown.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  // A file that was removed and not yet committed is still listed.
  .filter((page) => page !== '' && existsSync(join(root, page)));
const read = (page: string): string => readFileSync(join(root, page), 'utf8');

/** What is wrong with a page's links, one line each. External addresses are not asked: the network is not part of the repository. */
function brokenLinks(page: string, text: string): string[] {
  return linksOf(text).flatMap(({ target, line }) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? join(root, page) : resolve(root, dirname(page), decodeURIComponent(path));
    const at = `${page}:${line}: ${target}`;
    if (!`${file}/`.startsWith(root)) return [`${at} leads out of the repository`];
    if (path !== '' && !existsSync(file)) return [`${at} does not exist`];
    if (anchor === undefined || !file.endsWith('.md')) return [];
    const there = path === '' ? text : readFileSync(file, 'utf8');
    return anchorsOf(there).has(anchor) ? [] : [`${at} has no such heading`];
  });
}

/** Loads a text as the configuration of a project of its own. */
function loadAsProject(text: string): void {
  const cwd = mkdtempSync(join(tmpdir(), 'aet-docs-'));
  try {
    mkdirSync(join(cwd, '.aet'));
    writeFileSync(join(cwd, '.aet/config.yaml'), text);
    loadConfig({ cwd, env: {} });
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** By the word behind the language: `yaml workflow`, `yaml config`, `markdown agent`. */
const CHECKS: Readonly<Record<string, (block: FencedBlock, name: string) => void>> = {
  workflow: ({ text }, name) => void parseWorkflow(text, name),
  config: ({ text }) => loadAsProject(text),
  agent: ({ text }, name) => void parseAgent(text, name),
};

/** What an example claims to be; a workflow is known by its first line as well. */
const kindOf = ({ info: [language, kind], text }: FencedBlock): string | undefined =>
  // What an example of a workflow gives is the other test's: workflows.int.spec.ts.
  (kind === 'run' ? undefined : kind) ??
  (language === 'yaml' && text.startsWith('api: aet/workflow.v1') ? 'workflow' : undefined);

describe('the documentation', () => {
  it.each(pages)('has no broken link in %s', (page) => {
    expect(brokenLinks(page, read(page))).toEqual([]);
  });

  const examples = pages.flatMap((page) =>
    splitFences(read(page)).blocks.flatMap((block) => {
      const kind = kindOf(block);
      return kind === undefined ? [] : [{ name: `${page}:${block.line}`, kind, block }];
    }),
  );
  it.each(examples)('has a valid $kind in $name', ({ name, kind, block }) => {
    const check = CHECKS[kind];
    expect(check, `"${kind}" is none of ${Object.keys(CHECKS).join(', ')}`).toBeDefined();
    expect(() => check?.(block, name)).not.toThrow();
  });
  it('shows at least one example of each kind', () => {
    expect(new Set(examples.map(({ kind }) => kind))).toEqual(new Set(Object.keys(CHECKS)));
  });

  const json = pages.flatMap((page) =>
    splitFences(read(page))
      .blocks.filter(({ info }) => info[0] === 'json')
      .map(({ text, line }) => ({ name: `${page}:${line}`, text })),
  );
  it.each(json)('has real JSON in $name', ({ text }) => {
    expect(() => void JSON.parse(text)).not.toThrow();
  });

  it('is reached from its index: every page of docs/', () => {
    const index = new Set(linksOf(read('docs/README.md')).map(({ target }) => target));
    const own = pages.filter((page) => /^docs\/[^/]+\.md$/.test(page) && page !== 'docs/README.md');
    expect(own.filter((page) => !index.has(page.slice('docs/'.length)))).toEqual([]);
  });
});

describe('the check of the documentation', () => {
  it('finds a missing file, a missing heading and a way out, and leaves code alone', () => {
    const text = [
      '# Here',
      '[a](nowhere.md) `[b](gone.md)` [c](#there)',
      '```',
      '[d](gone.md)',
      '```',
      '[e](../../../x.md) [f](#here)',
    ];
    expect(brokenLinks('docs/page.md', text.join('\n'))).toEqual([
      'docs/page.md:2: nowhere.md does not exist',
      'docs/page.md:2: #there has no such heading',
      'docs/page.md:6: ../../../x.md leads out of the repository',
    ]);
  });

  it('refuses wrong examples', () => {
    const block = (text: string): FencedBlock => ({ info: [], text, line: 1 });
    expect(() => CHECKS['workflow']?.(block('api: aet/workflow.v1\nname: x\nsteps: { a: { tusk: b } }\n'), 'x')).toThrow('tusk');
    expect(() => CHECKS['config']?.(block('lease: { ttlMs: soon }\n'), 'x')).toThrow('lease.ttlMs');
    expect(() => CHECKS['agent']?.(block('no front matter\n'), 'x')).toThrow('front matter');
  });
});
