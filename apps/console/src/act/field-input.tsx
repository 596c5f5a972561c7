import { useId } from 'react';
import type { Field } from './act.js';

export function FieldInput({ field, invalid }: { field: Field; invalid: boolean }) {
  const id = useId();
  const { options = [], hint } = field;
  const shared = {
    id,
    name: field.name,
    defaultValue: field.value ?? '',
    'aria-invalid': invalid || undefined,
    'aria-describedby': hint === undefined ? undefined : `${id}-hint`,
  };
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      {field.kind === 'choice' && (
        <select {...shared}>
          {options.map(({ value, name = value }) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      )}
      {field.kind === 'json' && <textarea {...shared} rows={5} spellCheck={false} />}
      {(field.kind === 'line' || field.kind === 'number') && (
        <input
          {...shared}
          maxLength={field.longest}
          placeholder={field.placeholder}
          inputMode={field.kind === 'number' ? 'decimal' : undefined}
          list={options.length > 0 ? `${id}-list` : undefined}
          autoComplete="off"
        />
      )}
      {options.length > 0 && field.kind !== 'choice' && (
        <datalist id={`${id}-list`}>
          {options.map(({ value, name }) => (
            <option key={value} value={value} label={name} />
          ))}
        </datalist>
      )}
      {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}
