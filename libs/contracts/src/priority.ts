export const Priority = { Critical: 'critical', High: 'high', Normal: 'normal', Low: 'low' } as const;
export type Priority = (typeof Priority)[keyof typeof Priority];
/** From the most to the least urgent. */
export const PRIORITIES: readonly Priority[] = [Priority.Critical, Priority.High, Priority.Normal, Priority.Low];

/** How long a commit waits for the disk: see `Durability` in the design's chapter on runs. */
export const Durability = { Strict: 'strict', Relaxed: 'relaxed' } as const;
export type Durability = (typeof Durability)[keyof typeof Durability];

export const Slot = { Blue: 'blue', Green: 'green' } as const;
export type Slot = (typeof Slot)[keyof typeof Slot];

/** Of a finding, an error or an alert. From the most to the least severe. */
export const Severity = { Critical: 'critical', High: 'high', Medium: 'medium', Low: 'low', Info: 'info' } as const;
export type Severity = (typeof Severity)[keyof typeof Severity];
export const SEVERITIES: readonly Severity[] = [Severity.Critical, Severity.High, Severity.Medium, Severity.Low, Severity.Info];

/** How urgent work is, as its giver sees it. `real-time`: someone waits for it. `background`: it may wait, and its commits do not wait for the disk. */
export const Lane = { RealTime: 'real-time', Parallel: 'parallel', Background: 'background' } as const;
export type Lane = (typeof Lane)[keyof typeof Lane];
export const LANES: readonly Lane[] = [Lane.RealTime, Lane.Parallel, Lane.Background];
