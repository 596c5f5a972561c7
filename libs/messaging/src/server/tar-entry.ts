const BLOCK = 512;

/**
 * The content of the first regular file in a tar archive whose name ends so. Read here because a machine with only Node has no `tar`.
 * Source: POSIX.1-1988 ustar: a header block (name at 0, octal size at 124, type at 156), then the content in whole blocks.
 */
export function tarEntry(archive: Buffer, nameEnd: string): Buffer {
  for (let at = 0; at + BLOCK <= archive.length;) {
    const name = text(archive, at, 100);
    if (name === '') break;
    const size = Number.parseInt(text(archive, at + 124, 12).trim() || '0', 8);
    const type = text(archive, at + 156, 1);
    if ((type === '0' || type === '') && name.endsWith(nameEnd)) {
      if (at + BLOCK + size > archive.length) throw new Error(`the archive ends inside ${name}`);
      return archive.subarray(at + BLOCK, at + BLOCK + size);
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new Error(`the archive has no file that ends in ${nameEnd}`);
}

function text(buffer: Buffer, from: number, length: number): string {
  const field = buffer.toString('latin1', from, from + length);
  const end = field.indexOf('\0');
  return end === -1 ? field : field.slice(0, end);
}
