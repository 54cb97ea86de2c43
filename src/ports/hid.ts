/** Size of every CTAPHID report, both ways, without a report id (CTAP 2.3 §11.2.4). */
export const reportSize = 64;

/** What a host sees of the device before it speaks CTAPHID. */
export interface UsbIdentity {
  /** Non-zero 16-bit numbers. */
  readonly vendorId: number;
  readonly productId: number;
  readonly manufacturer: string;
  readonly product: string;
  readonly serial: string;
  /** Device version as major, minor, build, one byte each; also in the INIT response. */
  readonly version: readonly [number, number, number];
}

/** One host at the other end of a transport: a USB bus, a TCP client, a UDP peer. */
export interface HidHost {
  /** Sends one input report of 64 bytes to the host. Never throws; a host that is gone swallows it. */
  send(report: Uint8Array): void;
}

/** The key's side of a connection to one host. */
export interface HidLink {
  /** Takes one output report of 64 bytes from the host. Bad content is ordinary input: it never throws. */
  receive(report: Uint8Array): void;
  /** The host is gone: its channels, lock and running transaction end. */
  close(): void;
}

/** What a key offers to transports. Each host gets a link of its own; all of them share the one device. */
export interface HidEndpoint {
  readonly identity: UsbIdentity;
  connect(host: HidHost): HidLink;
  /** Power-cycles the whole key, as pulling it out and putting it back does. */
  powerCycle(): void;
}
