import { AttemptFailed } from '@aet/contracts';
import { isRegular, parseRawDiff, parseTree, type ChangedFile } from '../../../domain/skills/range/changed-file.js';
import { GitOutputTooLarge, runGit, type GitOptions, type GitRun } from './git-process.js';
import { locateRepository } from './locate-repository.js';

type Extra = Omit<GitOptions, 'signal'>;

/** Paths in one command line: far below the limit of every system. */
const PATHS_PER_CALL = 500;

/** A repository read through git's plumbing. Never touches its work tree, its index or the network. */
export class GitRepository {
  private constructor(
    readonly top: string,
    readonly bare: boolean,
    private readonly signal: AbortSignal,
  ) {}

  static async open(path: string, signal: AbortSignal): Promise<GitRepository> {
    const place = await locateRepository(path);
    return new GitRepository(place.top, place.bare, signal);
  }

  /** The same repository under another signal: to tidy up after an abort. */
  under(signal: AbortSignal): GitRepository {
    return new GitRepository(this.top, this.bare, signal);
  }

  run(args: readonly string[], extra: Extra = {}, alsoSafe: readonly string[] = []): Promise<GitRun> {
    return runGit(this.top, args, { ...extra, signal: this.signal }, alsoSafe);
  }

  /** Output of a command that has to succeed. */
  async output(args: readonly string[], extra: Extra = {}): Promise<Buffer> {
    const run = await this.run(args, extra);
    if (run.code === 0) return run.stdout;
    throw new AttemptFailed(`git ${args[0] ?? ''} failed in ${this.top}: ${run.stderr || `exit code ${run.code}`}`, {
      retryable: false,
    });
  }

  /** One line of output; null when git says no. */
  async line(args: readonly string[]): Promise<string | null> {
    const run = await this.run(args);
    return run.code === 0 ? run.stdout.toString('utf8').trimEnd() : null;
  }

  /** Full name of the commit that a revision means; null when there is none. */
  commit(revision: string): Promise<string | null> {
    return this.line(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]);
  }

  async changes(base: string, head: string): Promise<ChangedFile[]> {
    const raw = await this.output([
      'diff',
      '--raw',
      '-z',
      '--no-abbrev',
      '-M',
      '--no-ext-diff',
      '--no-textconv',
      base,
      head,
      '--',
    ]);
    const files = parseRawDiff(raw.toString('utf8'));
    const sizes = await this.sizes(files.filter(isRegular).flatMap((file) => (file.object === '' ? [] : [file.object])));
    return files.map((file) => ({ ...file, bytes: sizes.get(file.object) ?? 0 }));
  }

  async tree(commit: string): Promise<ChangedFile[]> {
    const listing = await this.output(['ls-tree', '-r', '-l', '-z', '--full-tree', commit]);
    return parseTree(listing.toString('utf8'));
  }

  /** Entries of a commit for the given paths; what is not there is not in the answer. */
  async entries(commit: string, paths: readonly string[]): Promise<ChangedFile[]> {
    const found: ChangedFile[] = [];
    for (let i = 0; i < paths.length; i += PATHS_PER_CALL) {
      const some = paths.slice(i, i + PATHS_PER_CALL);
      const listing = await this.output(['ls-tree', '-l', '-z', '--full-tree', commit, '--', ...some]);
      found.push(...parseTree(listing.toString('utf8')));
    }
    return found;
  }

  /** Contents of regular files at a commit, by path. Links, submodules and files above `maxFileBytes` are not in the answer. */
  async contents(commit: string, paths: readonly string[], maxFileBytes: number): Promise<Map<string, Buffer>> {
    const wanted = (await this.entries(commit, paths)).filter((file) => isRegular(file) && file.bytes <= maxFileBytes);
    const result = new Map<string, Buffer>();
    for (const group of groupBySize(wanted, 16 * 1024 * 1024)) {
      const blobs = await this.blobs(group.map((file) => file.object));
      group.forEach((file, i) => {
        const blob = blobs[i];
        if (blob) result.set(file.path, blob);
      });
    }
    return result;
  }

  /** Content of one regular file as text; undefined when it is absent, a link or too large. */
  async text(commit: string, path: string, maxFileBytes = 1024 * 1024): Promise<string | undefined> {
    return (await this.contents(commit, [path], maxFileBytes)).get(path)?.toString('utf8');
  }

  /** Patch without context of a range; undefined when it is too large to hold. */
  async patch(base: string, head: string): Promise<Buffer | undefined> {
    const args = [
      'diff',
      '-U0',
      '--no-color',
      '--no-ext-diff',
      '--no-textconv',
      '-M',
      '--src-prefix=a/',
      '--dst-prefix=b/',
      '--no-relative',
    ];
    try {
      return await this.output([...args, base, head, '--'], { maxBytes: 64 * 1024 * 1024 });
    } catch (error) {
      if (error instanceof GitOutputTooLarge) return undefined;
      throw error;
    }
  }

  private async sizes(objects: readonly string[]): Promise<Map<string, number>> {
    if (objects.length === 0) return new Map();
    const format = '--batch-check=%(objectname) %(objectsize)';
    const listing = await this.output(['cat-file', format], { input: `${objects.join('\n')}\n` });
    return new Map(
      listing
        .toString('utf8')
        .split('\n')
        .map((line): [string, number] => {
          const [name = '', size = '0'] = line.split(' ');
          return [name, Number(size) || 0];
        }),
    );
  }

  /** In the order of `objects`. Format: `<name> <type> <size>\n<content>\n`, or `<name> missing\n`. Source: git-cat-file. */
  private async blobs(objects: readonly string[]): Promise<(Buffer | undefined)[]> {
    if (objects.length === 0) return [];
    const all = await this.output(['cat-file', '--batch'], { input: `${objects.join('\n')}\n` });
    let at = 0;
    return objects.map(() => {
      const end = all.indexOf(10, at);
      const header = all.toString('utf8', at, end < 0 ? all.length : end);
      const size = / blob (\d+)$/.exec(header)?.[1];
      at = end + 1;
      if (size === undefined) return undefined;
      const content = all.subarray(at, at + Number(size));
      at += Number(size) + 1;
      return content;
    });
  }
}

function groupBySize(files: readonly ChangedFile[], maxBytes: number): ChangedFile[][] {
  const groups: ChangedFile[][] = [];
  let bytes = Infinity;
  for (const file of files) {
    if (bytes + file.bytes > maxBytes) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(file);
    bytes += file.bytes;
  }
  return groups;
}
