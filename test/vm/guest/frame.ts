/** Pictures of a screen: an X window dump, as Xvfb keeps one, to look at and to keep as PNG. */
import { crc32, deflateSync } from 'node:zlib';

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Four bytes a pixel: blue, green, red, nothing. */
  readonly pixels: Buffer;
}

export function parseXwd(dump: Buffer): Frame {
  const field = (index: number): number => dump.readUInt32BE(index * 4);
  const [headerSize, width, height, bitsPerPixel] = [field(0), field(4), field(5), field(11)];
  const [stride, colours] = [field(12), field(19)];
  if (bitsPerPixel !== 32) throw new Error(`the screen has ${bitsPerPixel} bits per pixel, not 32`);
  return { width, height, stride, pixels: dump.subarray(headerSize + colours * 12) };
}

export type ColourTest = (red: number, green: number, blue: number) => boolean;

/** How many pixels have a colour, looking at every other one in both directions. */
export function countPixels(frame: Frame, test: ColourTest): number {
  const { pixels } = frame;
  let count = 0;
  for (let y = 0; y < frame.height; y += 2) {
    for (let x = 0, at = y * frame.stride; x < frame.width; x += 2, at += 8) {
      if (test(pixels[at + 2] ?? 0, pixels[at + 1] ?? 0, pixels[at] ?? 0)) count += 4;
    }
  }
  return count;
}

/** How many pixels are not the same in two pictures of one screen, looking at every other one in both directions. */
export function countDifferences(a: Frame, b: Frame): number {
  let count = 0;
  for (let y = 0; y < a.height; y += 2) {
    for (let x = 0, at = y * a.stride; x < a.width; x += 2, at += 8) {
      if (a.pixels.readUInt32LE(at) !== b.pixels.readUInt32LE(at)) count += 4;
    }
  }
  return count;
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

export function encodePng(frame: Frame): Buffer {
  const { width, height, stride, pixels } = frame;
  const rows = Buffer.alloc(height * (1 + width * 3));
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    to += 1; // filter type 0
    for (let x = 0, at = y * stride; x < width; x += 1, at += 4) {
      rows[to++] = pixels[at + 2] ?? 0;
      rows[to++] = pixels[at + 1] ?? 0;
      rows[to++] = pixels[at] ?? 0;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // eight bits, RGB
  const data = deflateSync(rows, { level: 1 });
  return Buffer.concat([PNG_SIGNATURE, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND')]);
}

function chunk(type: string, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
