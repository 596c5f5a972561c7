import { describe, expect, it } from 'vitest';
import { SseParser } from './sse-parser.js';

const STREAM = 'retry: 1000\n\nid: 7\nevent: run\ndata: {"a":"b: c"}\n\n: quiet\n\nevent: end\ndata: {}\n\n';
const WANTED = [
  { event: 'run', id: '7', data: '{"a":"b: c"}' },
  { event: 'end', data: '{}' },
];

describe('the stream parser', () => {
  it('reads the same messages however the network cuts the stream', () => {
    for (let size = 1; size <= STREAM.length; size++) {
      const parser = new SseParser();
      const read = [];
      for (let at = 0; at < STREAM.length; at += size) read.push(...parser.push(STREAM.slice(at, at + size)));
      expect(read).toEqual(WANTED);
    }
  });

  it('keeps half a message back', () => {
    const parser = new SseParser();
    expect(parser.push('event: run\ndata: {}\n')).toEqual([]);
    expect(parser.push('\n')).toHaveLength(1);
  });
});
