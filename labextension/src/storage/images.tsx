// Two versions of a picture: side by side with their difference, swiped, or one through the other.

import * as React from 'react';

import { asCallError } from '../api/errors';
import { useTrans } from '../ui/context';
import { bytes } from '../ui/format';
import { comparePixels, percent, type Pixels } from './pixels';
import type { OutputPart } from './tokens';

/** Gets the bytes of a blob. */
export type BlobOf = (sha: string, mime: string) => Promise<Blob>;

/** Ways to compare two pictures. */
export type PictureView = 'side' | 'swipe' | 'onion';

/** Larger pictures are shown, but not compared pixel by pixel. */
const MOST_PIXELS = 16_000_000;

type Loaded = { element: HTMLImageElement; url: string };

/** A picture that loads when it is first seen. */
function usePicture(
  part: OutputPart | null,
  blobOf: BlobOf,
  seen: boolean
): { loaded?: Loaded; problem?: string } {
  const [state, setState] = React.useState<{ loaded?: Loaded; problem?: string }>({});
  const key = part && [part.blob, part.mime, part.size, part.data ?? part.text].join('\n');
  React.useEffect(() => {
    if (!part || !seen) {
      return;
    }
    let url = '';
    let wanted = true;
    const load = async (): Promise<void> => {
      const content = await contentOf(part, blobOf);
      url = URL.createObjectURL(new Blob([content], { type: part.mime }));
      const element = new Image();
      element.src = url;
      await element.decode();
      if (wanted) {
        setState({ loaded: { element, url } });
      }
    };
    load().catch(reason => wanted && setState({ problem: asCallError(reason).message }));
    return () => {
      wanted = false;
      URL.revokeObjectURL(url);
    };
  }, [key, seen]);
  return state;
}

async function contentOf(part: OutputPart, blobOf: BlobOf): Promise<BlobPart> {
  if (part.blob) {
    return blobOf(part.blob, part.mime);
  }
  if (part.data) {
    return Uint8Array.from(atob(part.data.replace(/\s/g, '')), letter => letter.charCodeAt(0));
  }
  return part.text ?? '';
}

/** Whether an element has come into sight; it stays so. */
function useSeen(ref: React.RefObject<HTMLElement>): boolean {
  const [seen, setSeen] = React.useState(false);
  React.useEffect(() => {
    const watcher = new IntersectionObserver(
      entries => {
        if (entries.some(entry => entry.isIntersecting)) {
          setSeen(true);
          watcher.disconnect();
        }
      },
      { rootMargin: '200px' }
    );
    if (ref.current) {
      watcher.observe(ref.current);
    }
    return () => watcher.disconnect();
  }, []);
  return seen;
}

type Props = {
  before: OutputPart | null;
  after: OutputPart | null;
  names: [string, string];
  blobOf: BlobOf;
  view: PictureView;
};

/** One or two versions of a picture. */
export function Pictures(props: Props): React.JSX.Element {
  const trans = useTrans();
  const frame = React.useRef<HTMLDivElement>(null);
  const seen = useSeen(frame);
  const before = usePicture(props.before, props.blobOf, seen);
  const after = usePicture(props.after, props.blobOf, seen);
  const both = before.loaded && after.loaded;
  return (
    <div ref={frame} className="pj-Diff-pictures">
      {both && props.view !== 'side' ? (
        <Over {...props} before={before.loaded!} after={after.loaded!} />
      ) : (
        <>
          {props.before && <Figure name={props.names[0]} part={props.before} {...before} />}
          {props.after && <Figure name={props.names[1]} part={props.after} {...after} />}
          {both && <Difference before={before.loaded!} after={after.loaded!} />}
          {!props.before && (
            <span className="pj-Dim">{trans.__('Not in the version before.')}</span>
          )}
          {!props.after && <span className="pj-Dim">{trans.__('Not in this version.')}</span>}
        </>
      )}
    </div>
  );
}

function Figure(props: {
  name: string;
  part: OutputPart;
  loaded?: Loaded;
  problem?: string;
}): React.JSX.Element {
  const trans = useTrans();
  const { loaded, name, part, problem } = props;
  const size = loaded && `${loaded.element.naturalWidth} × ${loaded.element.naturalHeight}`;
  const caption = [name, size, bytes(part.size)].filter(Boolean).join(', ');
  return (
    <figure>
      <figcaption title={caption}>{caption}</figcaption>
      {loaded && <img src={loaded.url} alt={trans.__('Picture of %1', name)} />}
      {!loaded && (
        <div className="pj-Diff-waiting" role="status">
          {problem ?? ''}
        </div>
      )}
    </figure>
  );
}

function Difference(props: { before: Loaded; after: Loaded }): React.JSX.Element {
  const trans = useTrans();
  const canvas = React.useRef<HTMLCanvasElement>(null);
  const [caption, setCaption] = React.useState('');
  React.useEffect(() => {
    const before = pixelsOf(props.before.element);
    const after = pixelsOf(props.after.element);
    if (!before || !after || !canvas.current) {
      setCaption(trans.__('Too large to compare pixel by pixel'));
      return;
    }
    const { share, picture } = comparePixels(before, after, colourOf(canvas.current));
    canvas.current.width = picture.width;
    canvas.current.height = picture.height;
    const drawn = new ImageData(
      new Uint8ClampedArray(picture.data),
      Math.max(1, picture.width),
      Math.max(1, picture.height)
    );
    canvas.current.getContext('2d')?.putImageData(drawn, 0, 0);
    setCaption(
      share === 0
        ? trans.__('No pixel differs')
        : trans.__('Difference, %1 of pixels', percent(share))
    );
  }, [props.before, props.after]);
  return (
    <figure>
      <figcaption>{caption}</figcaption>
      <canvas ref={canvas} role="img" aria-label={caption} />
    </figure>
  );
}

/** The pixels of a picture, or nothing where it has none or too many. */
function pixelsOf(element: HTMLImageElement): Pixels | undefined {
  const { naturalWidth: width, naturalHeight: height } = element;
  if (width * height === 0 || width * height > MOST_PIXELS) {
    return undefined;
  }
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context?.drawImage(element, 0, 0);
  return context?.getImageData(0, 0, width, height);
}

/** The theme's colour for what differs, as numbers. */
function colourOf(element: Element): [number, number, number] {
  const found = getComputedStyle(element).color.match(/\d+/g)?.map(Number) ?? [];
  return [found[0] ?? 0, found[1] ?? 0, found[2] ?? 0];
}

/** One picture over the other, with a slider. */
function Over(props: {
  view: PictureView;
  names: [string, string];
  before: Loaded;
  after: Loaded;
}): React.JSX.Element {
  const trans = useTrans();
  const [share, setShare] = React.useState(50);
  const swipe = props.view === 'swipe';
  const over = swipe ? { clipPath: `inset(0 0 0 ${share}%)` } : { opacity: share / 100 };
  return (
    <figure>
      <div className="pj-Diff-over">
        <img src={props.before.url} alt={trans.__('Picture of %1', props.names[0])} />
        <img src={props.after.url} alt={trans.__('Picture of %1', props.names[1])} style={over} />
        {swipe && <i style={{ left: `${share}%` }} />}
      </div>
      <label className="pj-Diff-slider">
        <span>{props.names[0]}</span>
        <input
          type="range"
          min={0}
          max={100}
          value={share}
          aria-label={
            swipe
              ? trans.__('Where the two pictures meet')
              : trans.__('How much of the new picture')
          }
          onChange={event => setShare(Number(event.target.value))}
        />
        <span>{props.names[1]}</span>
      </label>
    </figure>
  );
}
