import type { ServiceName } from '@aet/contracts';

/** What a service tells the supervisor that started it, over the IPC channel of the child process. */
export type ProcessMessage =
  | { kind: 'ready'; service: ServiceName; instance: string; url?: string; readyMs: number; rssBytes: number }
  | { kind: 'draining'; service: ServiceName; instance: string }
  | { kind: 'failed'; service: ServiceName; message: string };
