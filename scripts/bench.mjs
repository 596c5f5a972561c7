// `npm run bench -- GROUP [--json]`: runs test/bench/GROUP.bench.ts. A table, or one JSON object a line:
// {bench, value, unit, peer, peerValue, ratio, goal, reached}. A goal that was not reached is said, not hidden; the exit code is 0 all the same.
import { readdirSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root } from './prepare.mjs';

const folder = join(root, 'test/bench');
const groups = readdirSync(folder).flatMap((file) => (file.endsWith('.bench.ts') ? [file.slice(0, -'.bench.ts'.length)] : []));
const json = process.argv.includes('--json');
const group = process.argv.slice(2).find((argument) => !argument.startsWith('-'));

if (group === undefined || !groups.includes(group)) {
  console.error(`usage: npm run bench -- GROUP [--json]\ngroups: ${groups.join(', ')}`);
  process.exitCode = 2;
} else {
  await prepare();
  const { bench } = await import(pathToFileURL(join(folder, `${group}.bench.ts`)).href);
  if (!json)
    console.log(
      `${cpus()[0]?.model ?? 'processor'} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}\n`,
    );
  const lines = [];
  for await (const line of bench()) {
    lines.push(line);
    if (json) console.log(JSON.stringify(line));
    else console.error(`  ${line.bench}: ${line.value} ${line.unit}`);
  }
  if (!json) console.table(Object.fromEntries(lines.map(({ bench: name, ...rest }) => [name, rest])));
}
