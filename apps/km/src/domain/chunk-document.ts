import { type Chunk, type DocumentKind, pieces } from './chunk.js';
import { chunkCode } from './chunk-code.js';
import { chunkMarkdown } from './chunk-markdown.js';

export function chunkDocument(kind: DocumentKind, content: string): Chunk[] {
  switch (kind) {
    case 'markdown':
      return chunkMarkdown(content);
    case 'code':
      return chunkCode(content);
    case 'text':
      return pieces(content.split(/\r?\n/), 1, undefined);
  }
}
