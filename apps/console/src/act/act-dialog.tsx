import { type SubmitEvent, useEffect, useId, useRef, useState } from 'react';
import { changed } from '../api/changes.js';
import { ApiFailure } from '../api/get-json.js';
import { onceKey } from '../api/send-json.js';
import type { Act, Field } from './act.js';
import { announce } from './announcer.js';
import { FieldInput } from './field-input.js';
import { readFields } from './field-values.js';
import { keepName, knownName } from './known-name.js';

/** What went wrong; `field` when the person can mend it here. */
interface Problem {
  code?: string;
  text: string;
  field?: string;
}

/** Asks once more, with who and why. It stays open until the gateway has answered, and what it refuses is said here. */
export function ActDialog({ act, onClose }: { act: Act; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { busy, problem, submit } = useSending(act, () => dialog.current?.close());
  const id = useId();
  useEffect(() => {
    // Modal: the rest of the page is out of reach until it is closed, and the focus goes back to the button.
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={`${id}-title`} onClose={onClose} className="act">
      <form onSubmit={submit} noValidate>
        <h2 id={`${id}-title`}>{act.title}</h2>
        {act.says !== undefined && <p className="soft">{act.says}</p>}
        {[...(act.fields ?? []), ...toldFields(act)].map((field) => (
          <FieldInput key={field.name} field={field} invalid={problem?.field === field.name} />
        ))}
        {problem !== undefined && (
          <p className="banner bad" role="alert">
            {problem.code !== undefined && <strong>{problem.code} </strong>}
            {problem.text}
          </p>
        )}
        <footer>
          <button type="button" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
          <button type="submit" className={act.grave === true ? 'grave strong' : 'strong'} disabled={busy}>
            {busy ? 'Waiting for the answer …' : act.confirm}
          </button>
        </footer>
      </form>
    </dialog>
  );
}

/** Who and why; the record has them. */
const toldFields = ({ reasonNeeded = false }: Act): Field[] => [
  { name: 'reason', label: reasonNeeded ? 'Reason' : 'Reason (optional)', kind: 'line', longest: 500, required: reasonNeeded },
  { name: 'by', label: 'Your name, for the record', kind: 'line', longest: 200, value: knownName(), placeholder: 'console' },
];

/** Sends what was filled in, once at a time. What was done is announced when the gateway has said so. */
function useSending(act: Act, close: () => void) {
  const once = useRef('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const send = async (values: Record<string, unknown>): Promise<void> => {
    const { by, reason, ...rest } = values as { by?: string; reason?: string };
    keepName(by ?? '');
    setBusy(true);
    setProblem(undefined);
    once.current ||= onceKey();
    try {
      const told = { ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }) };
      announce(await act.send({ values: rest, told, once: once.current }));
      close();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
    // Also after a refusal: the page may show what is not so any more.
    changed();
  };
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = readFields([...(act.fields ?? []), ...toldFields(act)], (name) => {
      const typed = form.get(name);
      return typeof typed === 'string' ? typed : '';
    });
    if ('problem' in read) setProblem(read.problem);
    else void send(read.values);
  };
  return { busy, problem, submit };
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof ApiFailure)) return { text: (error as Error).message };
  const { code, message } = error.body;
  if (error.status === 0)
    return { code, text: `${message}. Whether it was done is not known: look at the page before you try again.` };
  if (error.signedOut)
    return { code, text: 'The session has ended: open the console by a fresh link, as `aet status` prints it.' };
  return { code, text: message };
}
