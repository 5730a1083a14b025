// What people say of a dataset: description, owners, tags and a sentence for each column; those who may, change it here.

import { MimeModel } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import { useTrans } from '../../ui/context';
import { FeedView } from '../../ui/feedview';
import { bytes, count, moment } from '../../ui/format';
import { Button, Empty, KV, Link } from '../../ui/parts';
import { attempt } from '../../ui/say';
import { useFeed } from '../../ui/usefeed';
import type { About } from '../wire';
import type { TabProps } from './page';

/** The overview tab. */
export function OverviewTab(props: TabProps): React.JSX.Element {
  const { page } = props;
  const feed = useFeed<About>({ name: 'perijove:about', fetch: () => page.calls.about() }, [page]);
  const [editing, setEditing] = React.useState(false);
  const done = (about: About | undefined): void => {
    setEditing(false);
    if (about) {
      feed.set(about);
      props.refresh();
    }
  };
  return (
    <FeedView feed={feed}>
      {about =>
        editing ? (
          <Editor {...props} about={about} done={done} />
        ) : (
          <Shown {...props} about={about} edit={() => setEditing(true)} />
        )
      }
    </FeedView>
  );
}

function Shown(props: TabProps & { about: About; edit: () => void }): React.JSX.Element {
  const trans = useTrans();
  const { about, dataset, edit, page } = props;
  const none = <span className="pj-Dim">{trans.__('none named')}</span>;
  const told = Object.entries(about.columns ?? {});
  return (
    <div className="pj-Columns">
      <div className="pj-Columns-main">
        <h2 className="pj-H">
          {trans.__('Description')}
          <span className="pj-Spacer" />
          <Button label={trans.__('Edit')} onClick={edit} />
        </h2>
        {about.description ? (
          <Markdown text={about.description} rendermime={props.rendermime} />
        ) : (
          <Empty
            text={trans.__('Nobody has described it yet.')}
            actions={[{ label: trans.__('Describe it'), onClick: edit }]}
          />
        )}
        {told.length > 0 && <h2 className="pj-H">{trans.__('Columns')}</h2>}
        {told.length > 0 && (
          <div className="pj-Pad">
            <KV items={told.map(([name, text]) => [name, text])} />
          </div>
        )}
      </div>
      <div className="pj-Columns-side">
        <h2 className="pj-H">{trans.__('Facts')}</h2>
        <div className="pj-Pad">
          <KV
            items={[
              [trans.__('Owners'), about.owners?.length ? about.owners.join(', ') : none],
              [trans.__('Tags'), about.tags?.length ? about.tags.join(', ') : none],
              [trans.__('Rows'), count(dataset.rows)],
              [trans.__('Size'), bytes(dataset.bytes)],
              [
                trans.__('Columns'),
                <Link
                  key="columns"
                  label={count(dataset.columns.length)}
                  onClick={() => page.show('schema')}
                />
              ],
              [trans.__('Changed'), moment(dataset.modifiedAt)],
              [trans.__('Source'), dataset.source],
              [trans.__('Where'), dataset.uri],
              ...edited(about, trans)
            ]}
          />
        </div>
      </div>
    </div>
  );
}

function edited(about: About, trans: ReturnType<typeof useTrans>): [string, React.ReactNode][] {
  const rows: [string, React.ReactNode][] = [];
  if (about.editedBy) {
    rows.push([trans.__('Described by'), `${about.editedBy}, ${moment(about.editedAt)}`]);
  }
  if (about.origin) {
    rows.push([trans.__('Taken from'), about.origin]);
  }
  return rows;
}

/** Markdown, drawn and made safe by Lab's own renderer. */
function Markdown(props: { text: string; rendermime: TabProps['rendermime'] }): React.JSX.Element {
  const { text, rendermime } = props;
  const host = React.useRef<HTMLDivElement>(null);
  // Before React takes the node away, or Lumino finds its widget gone.
  React.useLayoutEffect(() => {
    if (!rendermime || !host.current) {
      return undefined;
    }
    const widget = rendermime.createRenderer('text/markdown');
    void widget.renderModel(new MimeModel({ data: { 'text/markdown': text } }));
    Widget.attach(widget, host.current);
    return () => widget.dispose();
  }, [text, rendermime]);
  return (
    <div className="pj-Markdown" ref={host}>
      {rendermime ? null : text}
    </div>
  );
}

function Editor(
  props: TabProps & { about: About; done: (about: About | undefined) => void }
): React.JSX.Element {
  const trans = useTrans();
  const { about, dataset, done, page } = props;
  const [description, setDescription] = React.useState(about.description ?? '');
  const [owners, setOwners] = React.useState((about.owners ?? []).join(', '));
  const [tags, setTags] = React.useState((about.tags ?? []).join(', '));
  const [columns, setColumns] = React.useState<Record<string, string>>({ ...about.columns });
  const save = (): void =>
    void attempt(() =>
      page.calls.say({ description, owners: listOf(owners), tags: listOf(tags), columns })
    ).then(saved => saved && done(saved));
  return (
    <form
      className="pj-About"
      onSubmit={event => {
        event.preventDefault();
        save();
      }}
    >
      <label>
        <span>{trans.__('Description, in Markdown')}</span>
        <textarea
          className="pj-In"
          rows={8}
          value={description}
          onChange={event => setDescription(event.target.value)}
        />
      </label>
      <label>
        <span>{trans.__('Owners, parted by commas')}</span>
        <input className="pj-In" value={owners} onChange={event => setOwners(event.target.value)} />
      </label>
      <label>
        <span>{trans.__('Tags, parted by commas')}</span>
        <input className="pj-In" value={tags} onChange={event => setTags(event.target.value)} />
      </label>
      <fieldset>
        <legend>{trans.__('Columns')}</legend>
        {dataset.columns.map(({ name }) => (
          <label key={name} className="pj-About-column">
            <span title={name}>{name}</span>
            <input
              className="pj-In"
              value={columns[name] ?? ''}
              onChange={event => setColumns({ ...columns, [name]: event.target.value })}
            />
          </label>
        ))}
      </fieldset>
      <div className="pj-About-buttons">
        <Button label={trans.__('Save')} onClick={save} />
        <Button plain label={trans.__('Cancel')} onClick={() => done(undefined)} />
      </div>
    </form>
  );
}

/** The words between commas. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map(word => word.trim())
    .filter(Boolean);
}
