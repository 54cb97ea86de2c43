import { COSEALG } from '@simplewebauthn/server/helpers';

/** @import { AlgorithmName, AuthenticationOptions, RegistrationOptions } from './types.d.ts' */

/**
 * The algorithms that the page offers, by their registered names.
 * @type {Readonly<Record<AlgorithmName, number>>}
 */
export const algorithmIds = { ES256: COSEALG.ES256, EdDSA: COSEALG.EdDSA, RS256: COSEALG.RS256 };

/** A refusal by the server, with a name that the page shows like a DOMException's. */
export class Refusal extends Error {
  /**
   * @param {string} name
   * @param {string} message
   * @param {number} [status] HTTP status
   */
  constructor(name, message, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

const requirements = ['discouraged', 'preferred', 'required'];
/** @type {Record<string, readonly string[]>} */
const choices = {
  residentKey: requirements,
  userVerification: requirements,
  attestation: ['none', 'direct', 'enterprise'],
  attachment: ['platform', 'cross-platform'],
};
/** @type {Record<string, string>} */
const types = {
  user: 'string',
  displayName: 'string',
  rpId: 'string',
  timeout: 'number',
  exclude: 'boolean',
  extensions: 'object',
};
/** @type {Record<string, readonly string[] | undefined>} */
const lists = { algorithms: Object.keys(algorithmIds), credentials: undefined };

/**
 * Checks what a page asks for. Unknown members are refused, so that a misspelt option of a test is noticed.
 * @param {unknown} body
 * @returns {RegistrationOptions & AuthenticationOptions}
 */
export function parseWish(body) {
  const wish = requireObject(body);
  for (const [name, value] of Object.entries(wish)) {
    if (!isAllowed(name, value)) {
      throw new Refusal(
        'BadRequest',
        `“${name}” is no option, or ${JSON.stringify(value)} is no value for it.`,
      );
    }
  }
  return wish;
}

/** @param {string} name @param {unknown} value @returns {boolean} */
function isAllowed(name, value) {
  if (Object.hasOwn(choices, name))
    return typeof value === 'string' && choices[name]?.includes(value) === true;
  if (Object.hasOwn(types, name)) return typeof value === types[name] && value !== null && value !== '';
  if (!Object.hasOwn(lists, name)) return false;
  const known = lists[name];
  return (
    Array.isArray(value) && value.every((item) => typeof item === 'string' && known?.includes(item) !== false)
  );
}

/** @param {unknown} value @returns {Record<string, unknown>} */
export function requireObject(value) {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return /** @type {Record<string, unknown>} */ (value);
  }
  throw new Refusal('BadRequest', 'The body has to be a JSON object.');
}
