import type { RunCounts } from '@aet/contracts';
import { type SubmitEvent, useEffect, useRef } from 'react';
import { go, Link } from '../ui/router.js';
import { placeOf, type RunFilter, STATUS_FILTERS } from './run-filter.js';

/** Which runs are shown: by status with how many there are, by workflow, by words. The address is the only place where that is kept. */
export function FilterBar({ filter, counts }: { filter: RunFilter; counts: RunCounts | undefined }) {
  const { cursor: _, ...kept } = filter;
  const { workflow } = filter;
  const ofWorkflow = counts?.byWorkflow.find((w) => w.workflow === workflow);
  const known = workflow === undefined ? counts : ofWorkflow;
  return (
    <>
      <nav className="filters" aria-label="Show runs by status">
        {STATUS_FILTERS.map(({ status, name }) => {
          const count = status === '' ? known?.total : known?.byStatus[status];
          return (
            <Link
              key={status}
              to={placeOf({ ...kept, status })}
              aria-current={status === (filter.status ?? '') || undefined}
              className={status !== '' && (count ?? 0) === 0 ? 'none' : undefined}
            >
              {name}
              {known !== undefined && <small> {(count ?? 0).toLocaleString()}</small>}
            </Link>
          );
        })}
      </nav>
      <Search filter={kept} workflows={counts?.byWorkflow.map((w) => w.workflow) ?? []} />
    </>
  );
}

function Search({ filter, workflows }: { filter: RunFilter; workflows: readonly string[] }) {
  const text = useRef<HTMLInputElement>(null);
  // Back and forward change the address, and so the field.
  useEffect(() => {
    if (text.current !== null) text.current.value = filter.text ?? '';
  }, [filter.text]);
  const names = [...new Set([...workflows, ...(filter.workflow === undefined ? [] : [filter.workflow])])];
  const others = (['priority', 'lane', 'parent', 'schedule'] as const).filter((key) => filter[key] !== undefined);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    go(placeOf({ ...filter, text: text.current?.value.trim() ?? '' }));
  };
  return (
    <form className="search" role="search" onSubmit={submit}>
      <label>
        <span className="soft">Workflow</span>
        <select
          value={filter.workflow ?? ''}
          onChange={(event) => go(placeOf({ ...filter, workflow: event.currentTarget.value }))}
        >
          <option value="">all</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label className="words">
        <span className="soft">Words in name or error</span>
        <input ref={text} type="search" name="text" maxLength={200} defaultValue={filter.text ?? ''} autoComplete="off" />
      </label>
      <button type="submit">Search</button>
      {others.map((key) => (
        <Link key={key} to={placeOf({ ...filter, [key]: '' })} className="chip" aria-label={`Any ${key} again`}>
          {key}: {filter[key]} ×
        </Link>
      ))}
    </form>
  );
}
