import { useState } from 'react';
import type { Act } from './act.js';
import { ActDialog } from './act-dialog.js';

export function ActButton({ act, label }: { act: Act; label?: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className={act.grave === true ? 'grave' : undefined} aria-label={label} onClick={() => setOpen(true)}>
        {act.name}
      </button>
      {open && <ActDialog act={act} onClose={() => setOpen(false)} />}
    </>
  );
}
