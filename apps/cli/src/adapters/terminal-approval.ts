import { createInterface } from 'node:readline/promises';
import type { AskApproval } from '../application/simple-ports.js';

/** Asks on the terminal; nobody is there when there is none. What is no clear answer is asked again. */
export const terminalApproval =
  (by: string): AskApproval =>
  async ({ step, text }, signal) => {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      for (;;) {
        const answer = (await terminal.question(`${step}: ${text === '' ? 'approve?' : text} [y/n] `, { signal })).trim();
        if (/^(y|yes)$/i.test(answer)) return { approved: true, by };
        if (/^(n|no)\b/i.test(answer)) {
          const reason = answer.replace(/^no?\s*/i, '');
          return { approved: false, by, ...(reason === '' ? {} : { reason }) };
        }
      }
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    } finally {
      terminal.close();
    }
  };
