// The dataframes of the kernel of the notebook in front: asked for when they are unfolded, and after each cell that ran.

import { NotebookActions } from '@jupyterlab/notebook';
import { kernelIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IClient, Schemas } from '../api/client';
import { Feed } from '../api/feed';
import type { INotebooks } from '../notebook/tokens';
import { useSignal, useTrans } from '../ui/context';
import { FeedView } from '../ui/feedview';
import { bytes, count, short } from '../ui/format';
import { datasetIcon } from '../ui/icons';
import { List, Row } from '../ui/list';
import { Empty } from '../ui/parts';
import { CommandIDs } from './commands';
import type { Deps } from './rows';

type Frame = Schemas['Frame'];

/** What the frames need beside what all parts of the section have. */
export type FrameDeps = Deps & { client: IClient; notebooks: INotebooks };

/** One foldable row for the kernel, below it its dataframes; nothing where no notebook has one. */
export function Frames(props: FrameDeps): React.JSX.Element | null {
  const trans = useTrans();
  const { notebooks } = props;
  useSignal(notebooks.changed);
  const [open, setOpen] = React.useState(false);
  const path = notebooks.path;
  const kernel = path ? notebooks.kernelOf(path) : '';
  if (!kernel) {
    return null;
  }
  return (
    <List label={trans.__('Dataframes of the kernel')} tree>
      <Row
        id={`kernel:${kernel}`}
        icon={kernelIcon}
        name={trans.__('In the kernel of %1', path.split('/').at(-1) ?? path)}
        tip={trans.__('The dataframes that live in the kernel of %1', path)}
        tree
        expanded={open}
        onToggle={() => setOpen(!open)}
        className="pj-Catalog-kernel"
      />
      {open && <Inside key={kernel} {...props} kernel={kernel} />}
    </List>
  );
}

function Inside(props: FrameDeps & { kernel: string }): React.JSX.Element {
  const trans = useTrans();
  const { client, kernel } = props;
  const feed = React.useMemo(
    () =>
      new Feed<Frame[]>({
        name: 'perijove:frames',
        fetch: () => client.call('get', '/catalog/frames', { query: { kernel } })
      }),
    [client, kernel]
  );
  React.useEffect(() => {
    const again = (): void => void feed.refresh();
    NotebookActions.executed.connect(again);
    feed.wake();
    return () => {
      NotebookActions.executed.disconnect(again);
      feed.dispose();
    };
  }, [feed]);
  return (
    <FeedView
      feed={feed}
      isEmpty={frames => frames.length === 0}
      empty={<Empty text={trans.__('It holds no dataframes yet.')} />}
    >
      {frames => (
        <>
          {frames.map(frame => (
            <FrameLine key={frame.ref} {...props} frame={frame} />
          ))}
        </>
      )}
    </FeedView>
  );
}

function FrameLine(props: FrameDeps & { frame: Frame }): React.JSX.Element {
  const trans = useTrans();
  const { commands, frame } = props;
  const shape = trans.__('%1 rows, %2 columns', count(frame.rows), String(frame.columns));
  return (
    <Row
      id={frame.ref}
      icon={datasetIcon}
      name={frame.name}
      tip={[frame.kind, shape, frame.bytes === null ? '' : bytes(frame.bytes)]
        .filter(Boolean)
        .join(', ')}
      meta={short(frame.rows)}
      level={1}
      tree
      className="pj-Catalog-frame"
      onOpen={() => void commands.execute(CommandIDs.openFrame, { ref: frame.ref })}
    />
  );
}
