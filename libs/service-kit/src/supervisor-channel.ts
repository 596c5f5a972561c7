import type { ProcessMessage } from './process-messages.js';

/** The IPC channel to the supervisor that started this process, if one did. */
export class SupervisorChannel {
  /** Telling fails only when the supervisor has just gone; its `disconnect` says so. */
  tell(message: ProcessMessage): void {
    if (process.connected) process.send?.(message, undefined, {}, () => undefined);
  }

  /** Resolves when the message left or cannot: for the last words of a process. */
  tellLast(message: ProcessMessage): Promise<void> {
    return new Promise((resolve) => {
      if (!process.connected || process.send === undefined) return resolve();
      process.send(message, undefined, {}, () => resolve());
    });
  }

  onGone(listener: () => void): void {
    process.once('disconnect', listener);
  }
}
