// `npm run bench -- GROUP [--json]`: runs test/bench/GROUP.bench.ts. A table, or one JSON object a line:
// {bench, value, unit, peer, peerValue, ratio, goal, reached}. A goal that was not reached is said, not hidden; the exit code is 0 all the same.
// The machine, the versions and the seed go to standard error. A group may export `about()`: more of them, as name and value.
// `--only TEXT` leaves out the parts of a group whose name does not contain the text.
import { readdirSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { prepare, root } from './prepare.mjs';

const folder = join(root, 'test/bench');
const groups = readdirSync(folder).flatMap((file) => (file.endsWith('.bench.ts') ? [file.slice(0, -'.bench.ts'.length)] : []));
const { json, only, group } = readArguments();

if (!groups.includes(group)) {
  console.error(`usage: npm run bench -- GROUP [--json] [--only TEXT]\ngroups: ${groups.join(', ')}`);
  process.exitCode = 2;
} else {
  await prepare();
  const { bench, about } = await import(pathToFileURL(join(folder, `${group}.bench.ts`)).href);
  const machine = `${cpus()[0]?.model ?? 'processor'} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const surroundings = { machine, system: `${type()} ${release()}`, node: process.version, ...(await about?.()) };
  console.error(
    Object.entries(surroundings)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
  );
  const lines = [];
  for await (const line of bench(only)) {
    lines.push(line);
    if (json) console.log(JSON.stringify(line));
    else console.error(`  ${line.bench}: ${line.value} ${line.unit}`);
  }
  if (!json) console.table(lines);
}

/** Without a group when they cannot be understood: the usage follows. */
function readArguments() {
  const options = { json: { type: 'boolean', default: false }, only: { type: 'string', default: '' } };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    return { ...values, group: positionals.length === 1 ? positionals[0] : undefined };
  } catch (error) {
    console.error(`error: ${error.message}`);
    return { json: false, only: '', group: undefined };
  }
}
