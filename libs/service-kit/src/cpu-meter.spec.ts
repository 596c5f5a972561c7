import { expect, it } from 'vitest';
import { CpuMeter } from './cpu-meter.js';

it('gives the share of one core since the last reading, and repeats it when asked too soon', () => {
  let micros = 1_000_000;
  let nowMs = 0;
  const meter = new CpuMeter(
    () => micros,
    () => nowMs,
  );
  nowMs = 1000;
  micros += 250_000;
  expect(meter.read()).toBe(0.25);
  nowMs += 50;
  micros += 50_000;
  expect(meter.read()).toBe(0.25);
  nowMs += 450;
  micros += 950_000;
  expect(meter.read()).toBe(2);
});
