import type { AddHelpTextContext, Command } from 'commander';

/** What a shell sees. */
export const ExitCode = { Done: 0, Failed: 1, Usage: 2, Interrupted: 130 } as const;

/** Gives a command's exit code to the program. */
export interface CommandContext {
  action<T>(perform: (invocation: T, project: string | undefined) => Promise<number>): (invocation: T) => Promise<void>;
}

/** For a command with arguments: `perform` gets their texts, and its options. */
export const withArguments =
  <T>(context: CommandContext, perform: (given: readonly string[], options: T, project: string | undefined) => Promise<number>) =>
  async (...invocation: unknown[]): Promise<void> => {
    // Commander gives the arguments, the options, and the command itself.
    const options = invocation.at(-2) as T;
    const given = invocation.slice(0, -2).filter((argument) => typeof argument === 'string');
    await context.action<T>((told, project) => perform(given, told, project))(options);
  };

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

/** Examples at the end of a command's help, each with what it does; in the help of a subcommand its own, or else all. */
export const examples =
  (lines: readonly (readonly [command: string, does: string])[]) =>
  ({ command: asked }: AddHelpTextContext): string => {
    const own = lines.filter(([command]) => `${command} `.includes(`${pathOf(asked)} `));
    const shown = own.length === 0 ? lines : own;
    const width = Math.max(...shown.map(([command]) => command.length));
    return `\nExamples:\n${shown.map(([command, does]) => `  ${command.padEnd(width)}  ${does}`).join('\n')}`;
  };

/** Such as `aet runs ls`. */
const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
