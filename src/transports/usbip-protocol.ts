/*
 * USB/IP 1.1.1 as the Linux kernel documents it (Documentation/usb/usbip_protocol.rst). All numbers are big-endian but
 * those in the setup bytes, which are as on the wire of a USB cable.
 */

/** The version in every OP message. */
export const usbipVersion = 0x0111;

/** What IANA gave USB/IP. */
export const usbipPort = 3240;

/** Why a device could not be imported. */
export const usbipStatus = { ok: 0, notAvailable: 1, busy: 2, error: 3, noDevice: 4 } as const;

/** Status of a transfer: negative error numbers of Linux, whatever the machine is. */
export const urbStatus = { ok: 0, stall: -32, overflow: -75, unlinked: -104 } as const;

/** What a client sent is no USB/IP, or cannot be followed: the connection has to end. */
export class UsbipProtocolError extends Error {
  override readonly name = 'UsbipProtocolError';
}

/** A view of bytes that may be part of a larger buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A number as the documents of USB write it. */
export function usbHex(value: number): string {
  return value.toString(16).padStart(4, '0');
}
