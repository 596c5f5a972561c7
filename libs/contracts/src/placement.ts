import type { Placement } from './task.js';

/** A host, as tasks ask for one. */
export interface Place {
  host: string;
  labels: Readonly<Record<string, string>>;
}

/** Whether a host is what a task asks for: its name, and all of the labels. */
export const isPlacedAt = ({ host, labels = {} }: Placement, place: Place): boolean =>
  (host === undefined || host === place.host) && Object.entries(labels).every(([name, value]) => place.labels[name] === value);
