// Where a job goes: the fields of the chosen target, and where the values to compare with come from.

import * as React from 'react';

import { useTrans } from '../ui/context';
import type { ExportModel, Source } from './exporting';
import { aboutOf, type Field, fieldsOf } from './form';

/** The line of fields under the toolbar. */
export function Where(props: { model: ExportModel }): React.JSX.Element {
  const trans = useTrans();
  const { model } = props;
  const target = model.chosenTarget;
  const fields = target && target.name !== 'folder' ? fieldsOf(target) : [];
  const fill = (name: string, value: string): void =>
    model.set({ options: { ...model.options, [name]: value } });
  return (
    <div className="pj-Jobs-where">
      <Compare model={model} />
      {model.target === 'folder' && (
        <label>
          <span className="pj-Dim">{trans.__('Folder')}</span>
          <input
            className="pj-In"
            placeholder={`jobs/${model.name}`}
            value={model.out}
            onChange={event => model.set({ out: event.target.value })}
          />
        </label>
      )}
      {fields.map(field => (
        <OneField
          key={field.name}
          field={field}
          value={model.options[field.name] ?? ''}
          hint={field.name === 'branch' ? `job/${model.name}` : field.fallback || trans.__('none')}
          fill={value => fill(field.name, value)}
          title={target ? aboutOf(target) : ''}
        />
      ))}
      {fields.length > 0 && target && <span className="pj-Note">{aboutOf(target)}</span>}
    </div>
  );
}

function Compare(props: { model: ExportModel }): React.JSX.Element {
  const trans = useTrans();
  const { model } = props;
  const kernel = Boolean(model.kernelId);
  return (
    <label>
      <span className="pj-Dim">{trans.__('Compare with')}</span>
      <select
        className="pj-In"
        value={model.source}
        onChange={event => model.set({ source: event.target.value as Source })}
      >
        <option value="kernel" disabled={!kernel}>
          {kernel
            ? trans.__('what the kernel holds')
            : trans.__('what the kernel holds (none runs)')}
        </option>
        <option value="run">{trans.__('a fresh run of the notebook')}</option>
        <option value="stored">{trans.__('the values kept last')}</option>
      </select>
    </label>
  );
}

function OneField(props: {
  field: Field;
  value: string;
  /** What counts while nothing is written. */
  hint: string;
  fill: (value: string) => void;
  title: string;
}): React.JSX.Element {
  const trans = useTrans();
  const { field, value, hint, fill, title } = props;
  const shared = { className: 'pj-In', title, 'aria-label': field.label };
  const options = field.kind === 'flag' ? ['true', 'false'] : field.choices;
  return (
    <label>
      <span className="pj-Dim">{field.label}</span>
      {options.length > 0 ? (
        <select
          {...shared}
          value={value || field.fallback}
          onChange={event => fill(event.target.value)}
        >
          {options.map(option => (
            <option key={option} value={option}>
              {option === 'true' ? trans.__('yes') : option === 'false' ? trans.__('no') : option}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...shared}
          inputMode={field.kind === 'number' ? 'numeric' : undefined}
          placeholder={hint}
          value={value}
          onChange={event => fill(event.target.value)}
        />
      )}
    </label>
  );
}
