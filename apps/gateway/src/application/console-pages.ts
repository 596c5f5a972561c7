/** A file of the console's page, ready to be sent. */
export interface ConsoleFile {
  body: Buffer;
  /** Absent where it would not be smaller. */
  gzip?: Buffer;
  mediaType: string;
  etag: string;
  /** The build put a hash of the content into the name: a browser may keep it for good. */
  immutable: boolean;
}

/** The console as it was built. */
export abstract class ConsolePages {
  /** False: there is no build to serve. */
  abstract readonly present: boolean;
  /** A file by its path inside the build. What cannot be a file is a place inside the page, so it gives the page. */
  abstract find(path: string): ConsoleFile | undefined;
}
