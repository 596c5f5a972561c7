import { useSyncExternalStore } from 'react';
import { Mark } from '../ui/badge.js';
import { Link } from '../ui/router.js';
import type { Done } from './act.js';

let last: Done | undefined;
const listeners = new Set<() => void>();

/** Says what was done, until the next time or until it is put away. */
export function announce(done: Done | undefined): void {
  last = done;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function Announcer() {
  const done = useSyncExternalStore(subscribe, () => last);
  return (
    <div className="announcer">
      <p role="status" className={done === undefined ? '' : 'done'}>
        {done !== undefined && (
          <>
            <Mark tone="good" />
            <span>
              {done.text}
              {done.to !== undefined && (
                <>
                  {' '}
                  <Link to={done.to}>Look at it</Link>
                </>
              )}
            </span>
          </>
        )}
      </p>
      {done !== undefined && (
        <button type="button" className="quiet" onClick={() => announce(undefined)}>
          Put away
        </button>
      )}
    </div>
  );
}
