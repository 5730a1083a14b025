// Shows outputs that are kept outside the live document: fetches the blob and lets Lab draw what is in it.

import type { IOutput } from '@jupyterlab/nbformat';
import { OutputAreaModel, SimplifiedOutputArea } from '@jupyterlab/outputarea';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { PartialJSONObject } from '@lumino/coreutils';
import { Panel, type Widget } from '@lumino/widgets';
import * as React from 'react';

import { asCallError, type CallError } from '../../api/errors';
import { bytes } from '../../ui/format';
import { Button, Notice, Skeleton } from '../../ui/parts';
import type { ICalls } from '../tokens';
import { keepKeys } from '../../notebook/cells';
import { BLOB_MIME, type BlobRef, choose, outputOf, valueOf } from './fill';

/** Above this size an output is fetched only when asked for. */
export const LARGE = 5_000_000;

const KEPT = 64;

/** Fetches blobs; the last ones are kept, for outputs that are drawn again. */
export class Blobs {
  constructor(private readonly _calls: Pick<ICalls, 'blob'>) {}

  /** The bytes of a blob. */
  get(ref: BlobRef): Promise<Blob> {
    let found = this._found.get(ref.sha256);
    if (!found) {
      found = this._calls.blob(ref.sha256, ref.mime);
      found.catch(() => this._found.delete(ref.sha256));
    }
    this._found.delete(ref.sha256);
    if (ref.bytes <= LARGE) {
      this._found.set(ref.sha256, found);
    }
    for (const oldest of [...this._found.keys()].slice(0, -KEPT)) {
      this._found.delete(oldest);
    }
    return found;
  }

  private readonly _found = new Map<string, Promise<Blob>>();
}

/** Draws one stub: the real output, a button for a large one, or why it cannot be shown. */
export class RenderedBlob extends Panel implements IRenderMime.IRenderer {
  constructor(
    private readonly _blobs: Blobs,
    private readonly _rendermime: IRenderMimeRegistry,
    private readonly _trans: TranslationBundle,
    private readonly _waits: (ref: BlobRef) => boolean
  ) {
    super();
    this.addClass('pj-Blob');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const data = model.data as PartialJSONObject;
    const metadata = model.metadata as PartialJSONObject;
    const choice = choose(data, bundle =>
      this._rendermime.preferredMimeType(bundle, model.trusted ? 'any' : 'ensure')
    );
    const shown = JSON.stringify([choice, model.trusted]);
    if (shown === this._shown) {
      return;
    }
    this._shown = shown;
    if (choice.kind === 'here') {
      const values = { [choice.mime]: data[choice.mime] };
      const output = { output_type: 'display_data', data: values, metadata };
      this._draw(output as IOutput, model.trusted);
    } else if (choice.kind === 'nothing') {
      this._put(this._sentence(this._trans.__('Lab has no way to show this output.')));
    } else {
      const { slot, ref } = choice;
      const load = async (): Promise<void> => {
        this._put(ReactWidget.create(<Skeleton rows={2} label={this._trans.__('Loading')} />));
        const read = await this._read(ref);
        if (this.isDisposed || this._shown !== shown) {
          return;
        }
        if (read instanceof Blob) {
          const output = outputOf(slot, ref, await valueOf(ref, read), metadata);
          this._draw(output, model.trusted);
        } else {
          this._put(this._sentence(read.message, read.hint, () => void load()));
        }
      };
      if (ref.bytes > LARGE && this._waits(ref)) {
        this._put(this._offer(ref, () => void load()));
      } else {
        await load();
      }
    }
  }

  private async _read(ref: BlobRef): Promise<Blob | CallError> {
    try {
      return await this._blobs.get(ref);
    } catch (reason) {
      return asCallError(reason);
    }
  }

  private _draw(output: IOutput, trusted: boolean): void {
    const model = new OutputAreaModel({ values: [output], trusted });
    const area = new SimplifiedOutputArea({ model, rendermime: this._rendermime });
    area.disposed.connect(() => model.dispose());
    this._put(area);
  }

  private _offer(ref: BlobRef, load: () => void): Widget {
    const label = this._trans.__('Show output, %1', bytes(ref.bytes));
    return ReactWidget.create(<Button label={label} onClick={load} />);
  }

  private _sentence(title: string, why?: string, retry?: () => void): Widget {
    const actions = retry && [{ label: this._trans.__('Try again'), onClick: retry }];
    return ReactWidget.create(
      <Notice sign="warn" title={title} actions={actions}>
        {why}
      </Notice>
    );
  }

  private _put(widget: Widget): void {
    for (const old of [...this.widgets]) {
      old.dispose();
    }
    if (widget instanceof ReactWidget) {
      keepKeys(widget.node);
    }
    this.addWidget(widget);
  }

  private _shown = '';
}

/**
 * Let a rendermime draw stubs; it must be the one that draws the rest, for a notebook may have added types to its own.
 * `waits` tells which large blobs are fetched only when asked for.
 */
export function drawBlobs(
  rendermime: IRenderMimeRegistry,
  blobs: Blobs,
  trans: TranslationBundle,
  waits: (ref: BlobRef) => boolean = () => true
): void {
  rendermime.addFactory(
    {
      safe: true, // what comes out of the blob is drawn by the same rules of trust as any output
      mimeTypes: [BLOB_MIME],
      createRenderer: () => new RenderedBlob(blobs, rendermime, trans, waits)
    },
    -5 // before every type that may stand beside it, after live widgets
  );
}
