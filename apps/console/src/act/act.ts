import type { ReactNode } from 'react';

/** What a person fills in beside the reason. */
export interface Field {
  name: string;
  label: string;
  /** `json`: read as JSON, and refused while it is none. */
  kind: 'line' | 'choice' | 'number' | 'json';
  value?: string;
  required?: boolean;
  /** Characters. */
  longest?: number;
  placeholder?: string;
  /** Of a choice all there is, of a line what is proposed. */
  options?: readonly { value: string; name?: string }[];
  hint?: string;
}

export interface Word {
  /** By field; what was left empty is not there. */
  values: Record<string, unknown>;
  /** Who and why, as the gateway takes it. */
  told: { by?: string; reason?: string };
  /** The same for every try from one opened dialog. */
  once: string;
}

/** What was done, as the gateway's answer says it. */
export interface Done {
  text: string;
  /** The place where it can be seen, when that is another. */
  to?: string;
}

/** Something that a person can do: asked for on a button, confirmed in a dialog, and shown as done when the gateway says that it was. */
export interface Act {
  /** On the button. */
  name: string;
  /** The question of the dialog. */
  title: string;
  /** What will happen. */
  says?: ReactNode;
  /** On the button that does it. */
  confirm: string;
  /** It cannot be taken back. */
  grave?: boolean;
  /** Nothing is done without one. */
  reasonNeeded?: boolean;
  fields?: readonly Field[];
  send: (word: Word) => Promise<Done>;
}
