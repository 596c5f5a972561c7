/** Content as text; undefined when absent or binary. A NUL in the first 8,000 bytes means binary, as git itself decides. */
export function decodeText(content: Uint8Array | undefined): string | undefined {
  if (content === undefined || content.subarray(0, 8000).includes(0)) return undefined;
  const text = new TextDecoder('utf-8').decode(content);
  // PostgreSQL's text type cannot hold NUL, and a file may have one beyond the first bytes.
  return text.includes('\0') ? undefined : text;
}
