/** What a shell reports of a program that SIGPIPE ended: 128 + 13. */
const NO_READER = 141;

let react = (): void => process.exit(NO_READER);

/** Whoever reads our lines may go away, as `| head` does. A program without a fleet then simply ends, as any other would. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => react());
}

/** Who holds a fleet has to stop it first. */
export function whenReaderIsLost(action: () => void): void {
  react = action;
}
