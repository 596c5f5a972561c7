import { useId } from 'react';
import type { Field } from './act.js';

export function FieldInput({ field, invalid }: { field: Field; invalid: boolean }) {
  const id = useId();
  const shared = {
    name: field.name,
    defaultValue: field.value ?? '',
    'aria-invalid': invalid || undefined,
    'aria-describedby': field.hint === undefined ? undefined : `${id}-hint`,
  };
  const { options = [] } = field;
  return (
    <label>
      {field.label}
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
      {field.hint !== undefined && <small id={`${id}-hint`}>{field.hint}</small>}
    </label>
  );
}
