import { describe, expect, it } from 'vitest';
import { ECHO_MS, StopSignals } from './stop-signals.js';

describe('stop signals', () => {
  it('ask for an end, and do not want to wait for it the second time', () => {
    const signals = new StopSignals();
    expect(signals.receive(0)).toBe('stop');
    expect(signals.receive(ECHO_MS)).toBe('kill');
  });

  it('are one when the terminal, npm and our starter send the same Ctrl-C', () => {
    const signals = new StopSignals();
    expect([signals.receive(0), signals.receive(3), signals.receive(9)]).toEqual(['stop', 'echo', 'echo']);
  });
});
