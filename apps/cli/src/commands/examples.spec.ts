import { Command } from 'commander';
import { expect, it } from 'vitest';
import { examples } from './command-context.js';

it('the help of a subcommand has its own examples, or else those of its group', () => {
  const lines = [
    ['aet runs ls', 'all'],
    ['aet runs get last', 'one'],
  ] as const;
  const runs = new Command('aet').command('runs').addHelpText('afterAll', examples(lines));
  const helpOf = (name: string): string => {
    let text = '';
    const command = runs.command(name).configureOutput({ writeOut: (some) => (text += some) });
    command.outputHelp();
    return text.slice(text.indexOf('Examples'));
  };
  expect(helpOf('ls')).toBe('Examples:\n  aet runs ls  all\n');
  expect(helpOf('pause')).toContain('aet runs get last  one');
});
