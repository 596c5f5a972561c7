/** More than any reader can mean. */
const MOST = 1_000_000;

/** How many items a responder may still send. Waiting is for one: the sender of one stream. */
export class Credit {
  private left: number;
  private granted: (() => void) | undefined;

  constructor(initial: number) {
    this.left = Math.min(initial, MOST);
  }

  grant(more: number): void {
    this.left = Math.min(this.left + more, MOST);
    if (this.left <= 0) return;
    this.granted?.();
    this.granted = undefined;
  }

  get open(): boolean {
    return this.left > 0;
  }

  /** One item was sent. */
  spend(): void {
    this.left -= 1;
  }

  /** Resolves at the next grant. */
  more(): Promise<void> {
    return new Promise((resolve) => {
      this.granted = resolve;
    });
  }
}

/** In place of credit: the reader is gone. */
export const NO_MORE = '0';

/** A positive whole number, in digits. */
export function parseCredit(text: string): number | undefined {
  return /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : undefined;
}
