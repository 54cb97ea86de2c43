/**
 * The result of one check. `fail`: no browser can see a key before this is mended; `warn`: something will not work, or
 * could not be looked at.
 */
export interface Check {
  readonly id: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** One sentence. Text of unknown origin is made printable by the check. */
  readonly message: string;
  /** Commands that mend it, in order, for a shell. */
  readonly fix?: readonly string[];
}

/** The answers of one machine to everything that the checks want to know. */
export interface Probes {
  readonly platform: string;
  readonly nodeVersion: string;
  readonly kernelRelease: string;
  readonly userName: string;
  readonly home: string;
  /** Directories in which the shell looks for programs. */
  readonly path: readonly string[];
  /** Text or bytes of a file; undefined if there is none or it cannot be read. */
  text(path: string): string | undefined;
  bytes(path: string): Uint8Array | undefined;
  /** Names in a directory, none if there is no such directory. */
  entries(directory: string): readonly string[];
  exists(path: string): boolean;
  /** Permission bits; undefined if there is no such file. */
  mode(path: string): number | undefined;
  /** Sets permission bits; what fails is seen at the next look. */
  setMode(path: string, mode: number): void;
  /** Where running keys of this user have their sockets. */
  readonly socketDirectories: readonly string[];
  /** The path without links; undefined if there is nothing. */
  realPath(path: string): string | undefined;
  /** Opens a device for reading and writing: `ok` or the error code, e.g. `EACCES`. */
  openDevice(path: string): string;
  /** Binds a port of 127.0.0.1 for a moment: `ok` or the error code, e.g. `EADDRINUSE`. */
  bindPort(kind: 'tcp' | 'udp', port: number): Promise<string>;
  /** Loads a native package; resolves to what went wrong, if anything. */
  load(name: 'lmdb' | 'node-hid'): Promise<string | undefined>;
}
