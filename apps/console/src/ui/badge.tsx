import type { ReactNode } from 'react';

/** What a state means for the eye: shape and colour. The word always stands beside it. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle';

const SHAPES: Record<Tone, ReactNode> = {
  good: <path d="M3.5 8.5 6.5 11.5 12.5 4.8" />,
  busy: <path d="M8 2.5a5.5 5.5 0 1 1-5.5 5.5" />,
  warn: <path d="M8 3v6M8 12.4v.1" />,
  bad: <path d="m4 4 8 8m0-8-8 8" />,
  idle: <circle cx="8" cy="8" r="4" />,
};

export function Mark({ tone }: { tone: Tone }) {
  return (
    <svg className={`mark ${tone}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      {SHAPES[tone]}
    </svg>
  );
}

export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={`badge ${tone}`}>
      <Mark tone={tone} />
      {children}
    </span>
  );
}
