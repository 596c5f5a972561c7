/** What follows the reason in a stack trace: frames and fields are indented, then brackets, and the version that Node prints last. */
const TRACE = /^(\s|[\])}]*$|Node\.js v\d)/;

/** The line of its standard error that says best why a program failed; empty when it said nothing. */
export function lastWords(stderr: string): string {
  const lines = stderr.trimEnd().split('\n');
  return (lines.findLast((line) => !TRACE.test(line)) ?? lines.at(-1) ?? '').trim();
}
