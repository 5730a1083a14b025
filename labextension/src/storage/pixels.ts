// How many pixels of two pictures differ, and a picture of where.

/** A picture as bytes, four a pixel, as a canvas gives it. */
export type Pixels = { width: number; height: number; data: Uint8ClampedArray };

/** Channels that are this near are alike: encoders differ in the last bits. */
const NEAR = 8;

/** How pale the parts that do not differ are drawn, 0 to 255. */
const PALE = 60;

/** The share of pixels that differ, from 0 to 1, and the second picture in grey with the differences in a colour. */
export function comparePixels(
  before: Pixels,
  after: Pixels,
  colour: readonly [number, number, number]
): { share: number; picture: Pixels } {
  const width = Math.max(before.width, after.width);
  const height = Math.max(before.height, after.height);
  const data = new Uint8ClampedArray(width * height * 4);
  let different = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const one = offset(before, x, y);
      const other = offset(after, x, y);
      const at = (y * width + x) * 4;
      if (isAlike(before.data, one, after.data, other)) {
        const grey = greyOf(after.data, other);
        data.set([grey, grey, grey, Math.round((after.data[other + 3] * PALE) / 255)], at);
      } else {
        different += 1;
        data.set([...colour, 255], at);
      }
    }
  }
  const share = width * height === 0 ? 0 : different / (width * height);
  return { share, picture: { width, height, data } };
}

/** Where a pixel's bytes begin, -1 outside of the picture. */
function offset(picture: Pixels, x: number, y: number): number {
  return x < picture.width && y < picture.height ? (y * picture.width + x) * 4 : -1;
}

function isAlike(
  one: Uint8ClampedArray,
  at: number,
  other: Uint8ClampedArray,
  place: number
): boolean {
  if (at < 0 || place < 0) {
    return at === place;
  }
  if (one[at + 3] === 0 && other[place + 3] === 0) {
    return true;
  }
  return [0, 1, 2, 3].every(
    channel => Math.abs(one[at + channel] - other[place + channel]) <= NEAR
  );
}

function greyOf(data: Uint8ClampedArray, at: number): number {
  return at < 0 ? 0 : 0.3 * data[at] + 0.59 * data[at + 1] + 0.11 * data[at + 2];
}

/** A share in words: 2.1 %, less than 0.1 %. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) {
    return '< 0.1 %';
  }
  return `${value.toFixed(value >= 10 || value === 0 ? 0 : 1)} %`;
}
