/** What changes a machine for all of its users. Tests play another one. */
export interface Hands {
  /** Whether this is root, who needs no sudo. */
  readonly isRoot: boolean;
  /** Where a file of the package's folder `packaging` lies. */
  packaged(name: string): string;
  /** Runs a program with the terminal as its input and its output on stderr; resolves to its exit code, 127 for none. */
  run(command: readonly string[]): Promise<number>;
}
