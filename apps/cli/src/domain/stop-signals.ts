/**
 * What a stop signal means. The first asks for an orderly end, a second one does not want to wait for it. In a terminal one Ctrl-C arrives
 * several times at nearly one moment: from the terminal, from npm, and from the program that started us; those are one.
 */
export const ECHO_MS = 250;

export type StopWish = 'stop' | 'kill' | 'echo';

export class StopSignals {
  private lastAt: number | undefined;

  /** @param at any clock's milliseconds */
  receive(at: number): StopWish {
    const before = this.lastAt;
    // An echo of an echo is one too: a held key must not kill.
    this.lastAt = at;
    if (before === undefined) return 'stop';
    return at - before < ECHO_MS ? 'echo' : 'kill';
  }
}
