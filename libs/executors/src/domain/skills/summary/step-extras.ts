/** What single steps say beyond findings and counts, as far as the report shows it. */
export interface TestOutcome {
  command: string | null;
  from: string | null;
  durationMs: number;
  timedOut: boolean;
  exitCode: number | null;
  results: { format: string; passed: number; failed: number; skipped: number } | null;
}

export type DependencyChanges = Record<string, { added: string[]; removed: string[]; changed: string[] }>;
