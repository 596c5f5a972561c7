/** One server-sent event. Source: WHATWG HTML, "Server-sent events". */
export interface ServerSentEvent {
  event: string;
  data: string;
  id?: string;
}

/** Takes a stream's text in pieces of any size, gives whole events. */
export class SseParser {
  private rest = '';

  push(text: string): ServerSentEvent[] {
    const blocks = (this.rest + text).split(/\r?\n\r?\n/);
    this.rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => parseBlock(block));
  }
}

function parseBlock(block: string): ServerSentEvent[] {
  const fields = new Map<string, string[]>();
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (name !== undefined) fields.set(name, [...(fields.get(name) ?? []), value ?? '']);
  }
  const data = fields.get('data');
  const id = fields.get('id')?.at(-1);
  if (data === undefined) return [];
  return [{ event: fields.get('event')?.at(-1) ?? 'message', data: data.join('\n'), ...(id === undefined ? {} : { id }) }];
}
