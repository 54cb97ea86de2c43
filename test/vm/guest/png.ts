/** X window dumps to PNG, without a program that would take seconds to start. */
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** `dump` is an XWD file, 24 bits deep, 32 per pixel, as Xvfb keeps one for each screen. */
export function xwdToPng(dump: Buffer): Buffer {
  const field = (index: number): number => dump.readUInt32BE(index * 4);
  const [headerSize, width, height, stride, colours] = [field(0), field(4), field(5), field(12), field(19)];
  if (field(11) !== 32) throw new Error(`the screen has ${field(11)} bits per pixel, not 32`);
  const pixels = headerSize + colours * 12;

  const rows = Buffer.alloc(height * (1 + width * 3));
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    to += 1; // filter type 0
    for (let from = pixels + y * stride, x = 0; x < width; x += 1, from += 4) {
      rows[to++] = dump[from + 2] ?? 0;
      rows[to++] = dump[from + 1] ?? 0;
      rows[to++] = dump[from] ?? 0;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // eight bits, RGB
  const chunks = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([SIGNATURE, ...chunks]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
