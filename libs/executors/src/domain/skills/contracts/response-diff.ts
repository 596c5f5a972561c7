import { Severity } from '@aet/contracts';
import type { ApiResponse } from './api-model.js';
import type { OperationPair } from './operation-pair.js';

const isSuccess = (status: string): boolean => status.startsWith('2');

/** The response that stands for a status: itself, its class such as `4XX`, or `default`. */
const standsFor = (responses: ReadonlyMap<string, ApiResponse>, status: string): ApiResponse | undefined =>
  responses.get(status) ?? responses.get(`${status[0]}XX`) ?? responses.get('DEFAULT');

export function compareResponses(pair: OperationPair): void {
  const { from, to, changes } = pair;
  const gone = [...from.responses].filter(([status]) => !standsFor(to.responses, status));
  const added = [...to.responses].filter(([status]) => !standsFor(from.responses, status));
  for (const [status, response] of from.responses) {
    const same = standsFor(to.responses, status);
    if (same) compareResponse(pair, status, response, same);
  }
  const [wasSuccess, isSuccessNow] = [
    gone.filter(([status]) => isSuccess(status)),
    added.filter(([status]) => isSuccess(status)),
  ];
  const changed =
    wasSuccess.length === 1 && isSuccessNow.length === 1 ? ([wasSuccess[0]!, isSuccessNow[0]!] as const) : undefined;
  if (changed) {
    const [[was, response], [is, other]] = changed;
    changes.add({
      rule: 'api/response-status-changed',
      severity: Severity.High,
      message: `${to.label}: success is answered with ${is} instead of ${was}`,
      side: 'new',
      pointer: other.pointer,
      remedy: `Keep answering with ${was}.`,
    });
    compareResponse(pair, is, response, other);
  }
  for (const [status, response] of gone) {
    if (changed?.[0][0] === status) continue;
    changes.add({
      rule: 'api/response-status-removed',
      severity: isSuccess(status) ? Severity.High : Severity.Low,
      message: `${to.label}: the response ${status} is no longer described`,
      side: 'old',
      pointer: response.pointer,
    });
  }
  for (const [status, response] of added) {
    if (changed?.[1][0] === status || !isSuccess(status)) continue;
    changes.add({
      rule: 'api/response-status-added',
      severity: Severity.Low,
      message: `${to.label}: clients can now get the success response ${status}`,
      side: 'new',
      pointer: response.pointer,
    });
  }
}

function compareResponse(pair: OperationPair, status: string, from: ApiResponse, to: ApiResponse): void {
  const label = `${pair.to.label}, response ${status}`;
  for (const [type, schema] of from.media) {
    const same = to.media.get(type) ?? to.media.get('*/*');
    if (same) pair.schemas.compare(schema, same, pair.outbound, `${label}:`);
    else {
      pair.changes.add({
        rule: 'api/response-media-type-removed',
        severity: Severity.High,
        message: `${label}: the media type ${type} is no longer sent`,
        side: 'new',
        pointer: to.pointer,
      });
    }
  }
  for (const [name, schema] of from.headers) {
    const same = to.headers.get(name);
    if (same) pair.schemas.compare(schema, same, pair.outbound, `${label}, header ${name}`);
    else {
      pair.changes.add({
        rule: 'api/response-header-removed',
        severity: Severity.Medium,
        message: `${label}: the header ${name} was removed`,
        side: 'old',
        pointer: schema.pointer,
      });
    }
  }
}
