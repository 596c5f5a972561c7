const listeners = new Set<() => void>();

/** Calls `listener` when this page has changed something: what is shown is to be read again. */
export function onChanged(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function changed(): void {
  for (const listener of listeners) listener();
}
