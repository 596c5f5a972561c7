import { InvalidArgumentError } from 'commander';

/** For options that count something. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('it must be a whole number from 1');
  return Number(text);
}
