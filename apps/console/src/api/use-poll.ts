import { useEffect, useState } from 'react';
import { onChanged } from './changes.js';
import { type ApiFailure, getJson } from './get-json.js';

export interface Picture<T> {
  data?: T;
  /** When `data` came, unix milliseconds. */
  at?: number;
  /** Why the newest try failed; `data` is then the last good picture. */
  failure?: ApiFailure;
}

/** After failures the next try waits longer, up to this. Milliseconds. */
const MAX_PAUSE_MS = 10_000;

/** Reads `path` now, then every `everyMs` while the page is visible, and at once after a change. A failed try keeps the last picture and says so. */
export function usePoll<T>(path: string, everyMs: number): Picture<T> {
  const [state, setState] = useState<{ path: string; picture: Picture<T> }>({ path, picture: {} });
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const read = async (): Promise<void> => {
      clearTimeout(timer);
      try {
        const data = await getJson<T>(path, stop.signal);
        failures = 0;
        setState({ path, picture: { data, at: Date.now() } });
      } catch (error) {
        if (stop.signal.aborted) return;
        failures += 1;
        const failure = error as ApiFailure;
        setState((before) => ({ path, picture: { ...(before.path === path ? before.picture : {}), failure } }));
        if (failure.signedOut) return;
      }
      if (!document.hidden)
        timer = setTimeout(() => void read(), Math.min(everyMs * 2 ** Math.min(failures, 3), Math.max(everyMs, MAX_PAUSE_MS)));
    };
    const onVisible = (): void => void (document.hidden ? clearTimeout(timer) : read());
    document.addEventListener('visibilitychange', onVisible);
    const forget = onChanged(() => void read());
    void read();
    return () => {
      forget();
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [path, everyMs]);
  return state.path === path ? state.picture : {};
}
