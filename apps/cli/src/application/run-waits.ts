import { AetError, ErrorCode } from '@aet/contracts';
import type { SimpleRun } from './simple-run.js';

/** The run waits for somebody who cannot reach this process. It stands in its file, and can be taken up. */
export class RunWaits extends AetError {
  readonly code = ErrorCode.Unavailable;
}

/** What each thing that is waited for needs, and how to give it. */
export function waitsFor({ runId, work }: SimpleRun): string[] {
  return [
    ...[...work.approvals.keys()].map(
      (step) =>
        `step "${step}" asks for an approval, and there is no terminal to ask on: aet simple --resume ${runId} --approve ${step} (or --reject ${step})`,
    ),
    ...[...work.waits.values()].flatMap(({ step, signal }) =>
      signal === undefined
        ? []
        : [
            `step "${step}" waits for the signal "${signal}": aet simple --resume ${runId} --signal ${signal} (with a value: --signal '${signal}={"ok":true}')`,
          ],
    ),
  ];
}
