import type { ReactNode } from 'react';
import type { ApiFailure } from '../api/get-json.js';

/** One calm sentence where a page has nothing to show, and what to do about it. */
export function Notice({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="notice">
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

export function FailureNotice({ failure }: { failure: ApiFailure }) {
  if (failure.signedOut) {
    return (
      <Notice title="This browser is not signed in">
        The session has ended, or there was none. Open the console by a fresh link: <code>aet status</code> in the project prints
        one.
      </Notice>
    );
  }
  if (failure.status === 404) return <Notice title="Not found">{failure.message}</Notice>;
  return <Notice title="Nothing to show yet">{sentence(failure.message)} The page tries again by itself.</Notice>;
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
