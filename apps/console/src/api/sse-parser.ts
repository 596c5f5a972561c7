export interface SseMessage {
  event: string;
  data: string;
  id?: string;
}

/** Splits a server-sent event stream into messages, wherever the network cut it. Comments and empty messages give nothing. Source: WHATWG HTML, 9.2.6. */
export class SseParser {
  private rest = '';

  push(text: string): SseMessage[] {
    const blocks = (this.rest + text).replaceAll('\r\n', '\n').split('\n\n');
    this.rest = blocks.pop() ?? '';
    return blocks.flatMap(messageOf);
  }
}

function messageOf(block: string): SseMessage[] {
  const message: SseMessage = { event: 'message', data: '' };
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    if (at <= 0) continue;
    const value = line.slice(at + 1).replace(/^ /, '');
    const field = line.slice(0, at);
    if (field === 'event') message.event = value;
    else if (field === 'id') message.id = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? [] : [{ ...message, data: data.join('\n') }];
}
