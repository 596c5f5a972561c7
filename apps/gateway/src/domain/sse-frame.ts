/** Milliseconds after which a browser's EventSource connects again by itself. */
const RETRY_MS = 1000;

export interface SseEvent {
  name: string;
  data: unknown;
  /** The reader sends the latest one as `Last-Event-ID` when it comes back. */
  id?: number;
}

/** One frame of a server-sent event stream. JSON has no raw line breaks, so one `data` line is enough. Source: WHATWG HTML, 9.2. */
export const sseFrame = ({ name, data, id }: SseEvent): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** Ignored by readers; shows proxies and people that the stream lives. */
export const sseComment = (text: string): string => `: ${text.replaceAll(/\s+/g, ' ')}\n\n`;

export const sseOpening = (): string => `retry: ${RETRY_MS}\n\n`;
