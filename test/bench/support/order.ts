/** What a producer is told to do. */
export interface Order {
  tasks: number;
  /** Submits that wait for their acknowledgement at once. */
  producers: number;
  relaxed: boolean;
  /** Not faster than so many a second. */
  perSecond?: number;
}

/** What it did. Times in unix milliseconds with fractions, one for each task. */
export interface Submitted {
  kind: 'submitted';
  begun: number;
  runs: string[];
  sent: number[];
  acknowledged: number[];
}
