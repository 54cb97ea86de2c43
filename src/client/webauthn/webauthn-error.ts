import { ctapStatus } from '../../ctap/status.ts';
import { CtapHidError, CtapStatusError, HidTransportError, KeyResponseError } from '../errors.ts';

/** Names of DOMExceptions (and TypeError) that a browser's create() and get() end with (WebAuthn L3 §5.1.3, §5.1.4). */
export type WebAuthnErrorName =
  | 'AbortError'
  | 'ConstraintError'
  | 'EncodingError'
  | 'InvalidStateError'
  | 'NotAllowedError'
  | 'NotSupportedError'
  | 'SecurityError'
  | 'SyntaxError'
  | 'TypeError'
  | 'UnknownError';

/** A ceremony that failed, by the name that a page would see. `cause` says what the key said, if it was asked. */
export class WebAuthnClientError extends Error {
  override readonly name: WebAuthnErrorName;
  constructor(name: WebAuthnErrorName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

/** What a page learns of an error of the lower layers. Errors that are nobody's but ours stay what they are. */
export function toPageError(error: unknown): unknown {
  if (error instanceof CtapStatusError) return fromStatus(error);
  if (
    error instanceof KeyResponseError ||
    error instanceof CtapHidError ||
    error instanceof HidTransportError
  ) {
    return new WebAuthnClientError('UnknownError', error.message, { cause: error });
  }
  return error;
}

function fromStatus(cause: CtapStatusError): WebAuthnClientError {
  switch (cause.status) {
    case ctapStatus.CREDENTIAL_EXCLUDED:
      return new WebAuthnClientError('InvalidStateError', 'the key is registered already', { cause });
    case ctapStatus.UNSUPPORTED_ALGORITHM:
      return new WebAuthnClientError('NotSupportedError', 'the key supports none of the algorithms', {
        cause,
      });
    default:
      return new WebAuthnClientError('NotAllowedError', cause.message, { cause });
  }
}
