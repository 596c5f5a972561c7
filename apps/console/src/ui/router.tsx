import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react';

const BASE = '/console';
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

/** The place inside the console, such as `/runs/…?status=failed`. */
export function usePlace(): URL {
  const href = useSyncExternalStore(subscribe, () => location.href);
  const url = new URL(href);
  url.pathname = url.pathname.slice(BASE.length) || '/';
  return url;
}

/** `state` is kept with the place in this browser's history, and is not part of the address. */
export function go(to: string, { state = null, replace = false }: { state?: unknown; replace?: boolean } = {}): void {
  if (replace) history.replaceState(state, '', BASE + to);
  else history.pushState(state, '', BASE + to);
  for (const listener of listeners) listener();
}

/** A link inside the console. With a modifier key, or in another tab, the browser does what it always does. */
export function Link({ to, state, ...rest }: { to: string; state?: unknown } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const onClick = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to, { state: state ?? null });
  };
  return <a {...rest} href={BASE + to} onClick={onClick} />;
}
