// Two to four ways to see the same thing, as pressed buttons in a row.

import * as React from 'react';

/** A segmented choice. */
export function Seg<T extends string>(props: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}): React.JSX.Element {
  return (
    <span className="pj-Seg" role="group" aria-label={props.label}>
      {props.options.map(([value, title]) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === props.value}
          onClick={() => props.onChange(value)}
        >
          {title}
        </button>
      ))}
    </span>
  );
}
