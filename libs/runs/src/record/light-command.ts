import type { RunCommand } from '../run/run.commands.js';
import { type LargeValue, lighten, lightenEach } from './large-values.js';

/**
 * A command with references in the places of its large values, before it is decided on: what a step passes on is then the reference as well, and a
 * decision looks at the value only where an expression does. @throws {PayloadTooLarge}
 */
export function lightCommand(command: RunCommand, cell: string, large: LargeValue[]): RunCommand {
  switch (command.kind) {
    case 'submit': {
      const { submission } = command;
      return { ...command, submission: { ...submission, inputs: lightenEach(submission.inputs, cell, large) } };
    }
    case 'complete':
      return { ...command, output: lighten(command.output, cell, large, `the output of step "${command.step}"`) };
    case 'save':
      return { ...command, saved: lighten(command.saved, cell, large, `what step "${command.step}" saved`) };
    case 'signal':
      return { ...command, payload: lighten(command.payload, cell, large, `the value of signal "${command.name}"`) };
    default:
      return command;
  }
}
