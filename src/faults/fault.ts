/** Where in a key a fault sits. */
export type FaultLevel = 'ctap' | 'attestation' | 'ctaphid' | 'usb' | 'storage';

/** The value of a parameter. Bytes are base64url without padding. */
export type FaultValue = string | number | boolean;
export type FaultParameters = Readonly<Record<string, FaultValue>>;

interface ParameterBase {
  readonly name: string;
  /** One sentence. */
  readonly doc: string;
}

/** A parameter of a fault, as plain data. One without `default` may be left out: `doc` says what happens then. */
export type FaultParameter = ParameterBase &
  (
    | {
        readonly type: 'integer';
        readonly minimum: number;
        readonly maximum: number;
        readonly default?: number;
      }
    | { readonly type: 'boolean'; readonly default?: boolean }
    | { readonly type: 'text'; readonly default?: string }
    | { readonly type: 'choice'; readonly choices: readonly string[]; readonly default: string }
    /** `length` is in bytes, if only one will do. */
    | { readonly type: 'bytes'; readonly length?: number; readonly default?: string }
    /** A number that has names: either is taken. */
    | {
        readonly type: 'code';
        readonly names: Readonly<Record<string, number>>;
        readonly minimum: number;
        readonly maximum: number;
        readonly default: string;
      }
  );

/** A kind of misbehaviour. Everything in it is data: it goes out as JSON as it is. */
export interface FaultDescription {
  /** `level.what`. */
  readonly name: string;
  readonly level: FaultLevel;
  readonly parameters: readonly FaultParameter[];
  /** Commands that it concerns when a rule names none. */
  readonly commands: readonly FaultCommand[];
  /** What the key does wrong: a sentence. */
  readonly does: string;
  /** What a correct relying party, browser or platform does about it: a sentence. */
  readonly expect: string;
  /** How that shows: the message of SimpleWebAuthn, the name of a DOMException, what comes over the wire. */
  readonly outcome: string;
}

const ceremonies = [
  'makeCredential',
  'getAssertion',
  'getNextAssertion',
  'u2fRegister',
  'u2fAuthenticate',
] as const;

/**
 * Requests by name. `silentAssertion` is a getAssertion with `up: false`, by which browsers look for a credential, and
 * `u2fCheckOnly` its elder brother: a fault that is meant for a sign-in must not be spent on them.
 */
export const faultCommands = [
  ...ceremonies,
  'silentAssertion',
  'getInfo',
  'clientPin',
  'reset',
  'bioEnrollment',
  'credentialManagement',
  'selection',
  'largeBlobs',
  'config',
  'bioEnrollmentPreview',
  'credentialManagementPreview',
  'u2fCheckOnly',
  'u2fVersion',
  'init',
  'ping',
  'wink',
  'lock',
  'unknown',
] as const;
export type FaultCommand = (typeof faultCommands)[number];

/** Registration and sign-in over both protocols. */
export const ceremonyCommands: readonly FaultCommand[] = ceremonies;

/** Which requests a rule concerns: those that meet everything that is given. */
export interface FaultScope {
  /** Only so many requests, from 1; the rule is gone afterwards. Without it: all, until the rule is removed. */
  readonly next?: number;
  /** Only this command, or `any`. Without it: the commands of the fault's description. */
  readonly command?: FaultCommand | 'any';
  /** Only requests for this RP. Requests that name none are then not concerned. */
  readonly rpId?: string;
}

/** A fault to commit. */
export interface FaultRule {
  /** The name of a fault in the catalogue. */
  readonly fault: string;
  readonly parameters?: FaultParameters;
  /** Empty or absent: always. */
  readonly scope?: FaultScope;
}

/** A rule in force. */
export interface ActiveFault {
  readonly id: string;
  readonly fault: string;
  /** Complete: with the defaults of what was left out. */
  readonly parameters: FaultParameters;
  readonly scope: FaultScope;
  /** How many requests it has spoiled so far. */
  readonly applied: number;
}

/** A fault was committed. It is told once for each request, however many packets of it were spoiled. */
export interface AppliedFault {
  readonly id: string;
  readonly fault: string;
  readonly command: FaultCommand;
  readonly rpId?: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** Requests that the rule still waits for; absent for one without `next`. */
  readonly remaining?: number;
}
