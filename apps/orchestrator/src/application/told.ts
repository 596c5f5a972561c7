/**
 * What a work tells by callback, as an iterable; the work begins with the reading, and is called off when the reader stops.
 * What it returns is the last item.
 */
export async function* told<T>(
  work: (tell: (item: T) => void, signal: AbortSignal) => Promise<T>,
): AsyncGenerator<T, void, undefined> {
  const waiting: T[] = [];
  const calledOff = new AbortController();
  let wake = (): void => undefined;
  let ended = false;
  const tell = (item: T): void => {
    waiting.push(item);
    wake();
  };
  const working = work(tell, calledOff.signal)
    .then(tell)
    .finally(() => {
      ended = true;
      wake();
    });
  // Told below, when the reader comes that far.
  working.catch(() => undefined);
  try {
    for (;;) {
      const item = waiting.shift();
      if (item !== undefined) yield item;
      else if (ended) break;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    await working;
  } finally {
    calledOff.abort();
    await working.catch(() => undefined);
  }
}
