import { useEffect, useRef, useState } from 'react';
import { clockTime } from '../format/clock.js';
import type { LogLine } from './log-line.js';

/** Pixels from the end within which the reader counts as being at the end. */
const AT_END = 24;

/** What happens, as it happens. It stays at the end while the reader is there, and keeps still once the reader scrolls up. */
export function LogPanel({ lines, step }: { lines: LogLine[]; step: string | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const shown = step === undefined ? lines : lines.filter((l) => l.step === step || l.step?.startsWith(`${step} #`) === true);
  const count = shown.length;
  useEffect(() => {
    if (following && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [following, count]);
  const onScroll = (): void => {
    const at = box.current;
    if (at !== null) setFollowing(at.scrollHeight - at.scrollTop - at.clientHeight < AT_END);
  };
  return (
    <section aria-labelledby="log">
      <header className="section-head">
        <h2 id="log">Log</h2>
        <span className="soft">
          {count} {count === 1 ? 'line' : 'lines'}
          {step !== undefined && ` of ${step}`}
        </span>
        {!following && (
          <button type="button" className="quiet" onClick={() => setFollowing(true)}>
            To the newest
          </button>
        )}
      </header>
      <div className="log" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-live="off" aria-labelledby="log">
        {shown.map((line) => (
          <p key={line.key} className={line.tone}>
            <time dateTime={line.at}>{clockTime(line.at)}</time>
            <span className="place" title={line.sequence === undefined ? 'while it happens' : `event ${line.sequence}`}>
              {line.sequence ?? ''}
            </span>
            <span className="step-name">{line.step ?? 'run'}</span>
            <span className="text">{line.text}</span>
          </p>
        ))}
        {count === 0 && <p className="soft">Nothing yet.</p>}
      </div>
    </section>
  );
}
