/** Makes a switch exhaustive at compile time, and loud at run time when data from elsewhere has a kind unknown here. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value ${JSON.stringify(value)}`);
}
