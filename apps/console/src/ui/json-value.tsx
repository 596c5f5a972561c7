import { bytes } from '../format/bytes.js';
import { payloadRefs } from '../format/payload-refs.js';

/** Characters of a value that are shown; the rest is in the API. */
const LONGEST = 20_000;

/** A value of a run as JSON text, and links to the parts of it that lie in the object store. */
export function JsonValue({ value, runId, label }: { value: unknown; runId: string; label: string }) {
  const refs = payloadRefs(value);
  return (
    <>
      <pre className="output" tabIndex={0} aria-label={label}>
        {shorten(JSON.stringify(value, null, 2) ?? 'null')}
      </pre>
      {refs.length > 0 && (
        <ul className="artifacts" aria-label={`Large values in ${label}`}>
          {refs.map(({ path, sha256, bytes: size }) => (
            <li key={path}>
              <a href={`/v1/runs/${encodeURIComponent(runId)}/payloads/${sha256}`}>{path === '' ? 'the value' : path}</a>
              <span className="soft"> {bytes(size)}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const shorten = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}\n… ${text.length - LONGEST} more characters: see the API`;
