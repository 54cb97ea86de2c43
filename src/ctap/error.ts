import { ctapStatus, type CtapStatus, type StatusName } from './status.ts';

/** Ends a command with a status. `detail` goes to logs and traces, never to the client. */
export class CtapError extends Error {
  override readonly name = 'CtapError';
  readonly status: CtapStatus;
  constructor(status: StatusName, detail: string) {
    super(detail);
    this.status = ctapStatus[status];
  }
}
