/** What a shell sees. */
export const ExitCode = { Done: 0, Failed: 1, Usage: 2, Interrupted: 130 } as const;

/** Gives a command's exit code to the program. */
export interface CommandContext {
  action<T>(perform: (invocation: T, project: string | undefined) => Promise<number>): (invocation: T) => Promise<void>;
}

/** `a,b` and repeated options alike. */
export const commaList = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
];

/** For an option that may be repeated. */
export const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** Examples at the end of a command's help, each with what it does. */
export function examples(lines: readonly (readonly [command: string, does: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\nExamples:\n${lines.map(([command, does]) => `  ${command.padEnd(width)}  ${does}`).join('\n')}`;
}
