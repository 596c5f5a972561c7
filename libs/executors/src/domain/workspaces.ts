import type { TaskMessage } from '@aet/contracts';

export interface Workspaces {
  /** A new empty folder for an attempt; `dispose` deletes it and what is in it. */
  create(task: TaskMessage): Promise<{ dir: string; dispose(): Promise<void> }>;
}
