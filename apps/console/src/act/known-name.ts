const KEY = 'aet-name';

/** Who the person says to be; approvers are known by it. Kept in this browser, as it is asked for again and again. */
export const knownName = (): string => localStorage.getItem(KEY) ?? '';

export const keepName = (name: string): void => localStorage.setItem(KEY, name);
