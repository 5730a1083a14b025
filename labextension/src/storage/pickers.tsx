// The two pickers of a comparison: which version before, which after.

import { caretDownEmptyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useTrans } from '../ui/context';
import { moment } from '../ui/format';
import { Icon } from '../ui/parts';
import type { ChangesModel } from './model';
import { type Choice, codeOf, isSame, parseChoice, shortName } from './sides';
import type { NotebookVersion } from './tokens';

const OTHER = 'other';

/** Picks one side; `pickFile` asks for another notebook. */
export function SidePicker(props: {
  model: ChangesModel;
  which: 'before' | 'after';
  pickFile: () => Promise<string | undefined>;
  choose: (choice: Choice) => void;
}): React.JSX.Element {
  const trans = useTrans();
  const { model, which } = props;
  const chosen = model[which];
  const pick = async (code: string): Promise<void> => {
    const value = code === OTHER ? await props.pickFile() : undefined;
    const choice: Choice | undefined =
      code === OTHER ? (value ? { kind: 'file', value } : undefined) : parseChoice(code);
    if (choice) {
      props.choose(choice);
    }
  };
  const label = which === 'before' ? trans.__('Version before') : trans.__('Version after');
  return (
    <span className="pj-Sel" title={label}>
      <span className="pj-Sel-text" aria-hidden="true">
        {shortName(chosen, model.versions, trans)}
      </span>
      <Icon icon={caretDownEmptyIcon} />
      <select
        aria-label={label}
        value={codeOf(chosen)}
        onChange={event => void pick(event.target.value)}
      >
        <optgroup label={trans.__('Now')}>
          {model.places.map(place => (
            <option key={codeOf(place)} value={codeOf(place)}>
              {shortName(place, model.versions, trans)}
            </option>
          ))}
          <option value={OTHER}>{trans.__('Another notebook…')}</option>
        </optgroup>
        <optgroup label={trans.__('Commits')}>
          {unlisted(chosen, model.versions).map(choice => (
            <option key={codeOf(choice)} value={codeOf(choice)}>
              {shortName(choice, model.versions, trans)}
            </option>
          ))}
          {model.versions.map(version => (
            <option key={version.rev} value={`commit:${version.rev}`}>
              {versionLine(version)}
            </option>
          ))}
        </optgroup>
      </select>
    </span>
  );
}

/** A commit in one line: its name, when, who, and what it says. */
export function versionLine(version: NotebookVersion): string {
  const { author, message, short, when } = version;
  const title = message.split('\n')[0];
  const cut = title.length > 60 ? `${title.slice(0, 59)}…` : title;
  return [[short, moment(when), author].filter(Boolean).join(', '), cut].filter(Boolean).join(': ');
}

/** A chosen commit that the list does not hold, for instance one of another branch. */
function unlisted(chosen: Choice, versions: readonly NotebookVersion[]): Choice[] {
  const known = versions.some(version => isSame(chosen, { kind: 'commit', value: version.rev }));
  return chosen.kind === 'commit' && !known ? [chosen] : [];
}
