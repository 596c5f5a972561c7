const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** The reader's local time of day. */
export const clockTime = (iso: string): string => TIME.format(new Date(iso));

/** The reader's local date and time, for titles. */
export const fullTime = (iso: string): string => FULL.format(new Date(iso));
