export interface SseFrame {
  event: string;
  id?: string;
  data: unknown;
}

/** The named events of a response, as they come. Written apart from the console's parser, so that one checks the other's server. */
export async function* sseFrames(response: Response): AsyncGenerator<SseFrame, void> {
  let rest = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    rest += piece;
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const frame = frameOf(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (frame !== undefined) yield frame;
    }
  }
}

function frameOf(block: string): SseFrame | undefined {
  const pairs = block
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const);
  const fields = new Map(pairs);
  const event = fields.get('event');
  const id = fields.get('id');
  if (event === undefined) return undefined;
  return { event, ...(id === undefined ? {} : { id }), data: JSON.parse(fields.get('data') ?? 'null') };
}
