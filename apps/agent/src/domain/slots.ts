const FEWEST = 2;
const MOST = 8;

/** Tasks at once: as configured, or one a core within 2 to 8. */
export const slotsOf = (configured: number, cores: number): number =>
  configured > 0 ? configured : Math.min(MOST, Math.max(FEWEST, cores));
