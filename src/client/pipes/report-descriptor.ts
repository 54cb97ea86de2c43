const fidoUsagePage = 0xf1d0;
const fidoUsage = 0x01;

const longItem = 0xfe;
const typeAndTagMask = 0xfc;
const usagePageItem = 0x04;
const usageItem = 0x08;
const collectionItem = 0xa0;

/**
 * Whether a HID report descriptor is a FIDO key's: its first collection has usage page F1D0 and usage 01
 * (CTAP 2.3 §11.2.8.1). Bytes that are no descriptor are no key's.
 */
export function isFidoReportDescriptor(descriptor: Uint8Array): boolean {
  let usagePage = 0;
  let usage = 0;
  for (let offset = 0; offset < descriptor.length;) {
    const prefix = descriptor[offset] ?? 0;
    if (prefix === longItem) {
      offset += 3 + (descriptor[offset + 1] ?? 0);
      continue;
    }
    const size = [0, 1, 2, 4][prefix & 0x03] ?? 0;
    const value = littleEndian(descriptor.subarray(offset + 1, offset + 1 + size));
    const item = prefix & typeAndTagMask;
    if (item === usagePageItem) usagePage = value;
    else if (item === usageItem) usage = value;
    else if (item === collectionItem) break;
    offset += 1 + size;
  }
  return usagePage === fidoUsagePage && usage === fidoUsage;
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
