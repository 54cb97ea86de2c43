import { concatBytes } from '../../ctap/bytes.ts';
import type { AttestationRequest, Attester } from '../../ports/attester.ts';
import { splitAuthData } from '../auth-data-parts.ts';
import type { StatementMaker } from '../effect.ts';
import type { FaultRequest } from '../request.ts';
import type { FaultSession } from './session.ts';

/** Attests for other authenticator data than it was given, with other certificates, in another format. */
export function wrapAttester(session: FaultSession, inner: Attester): Attester {
  return {
    async attest(asked) {
      const request = session.current;
      if (!request) return inner.attest(asked);
      const authData = session.bend('auth-data', request, asked.authData);
      if (authData !== asked.authData) request.authData = { from: asked.authData, to: authData };
      const maker = await replacement(session, request, inner);
      const statement = await maker.attest(attestationOf(asked, authData));
      return session.bend('statement', request, statement);
    },
    async signU2f(data) {
      const request = session.current;
      if (!request) return inner.signU2f(data);
      const bent = withKeyHandle(session, request, data);
      const maker = await replacement(session, request, inner);
      const { certificate, signature } = await maker.signU2f(bent);
      return { certificate, signature: session.bend('u2f-attestation', request, signature) };
    },
  };
}

async function replacement(
  session: FaultSession,
  request: FaultRequest,
  inner: Attester,
): Promise<StatementMaker & Pick<Attester, 'signU2f'>> {
  const match = session.matching('attester', request).at(-1);
  if (!match) return inner;
  const replaced = await match.effect.replace(session.bendingOf(match.rule, request));
  session.commit(match.rule, request);
  return replaced;
}

/** The format fido-u2f signs some parts of the authenticator data by themselves (WebAuthn L3 §8.6). */
function attestationOf(asked: AttestationRequest, authData: Uint8Array): AttestationRequest {
  const parts = authData === asked.authData ? undefined : splitAuthData(authData);
  if (!parts) return { ...asked, authData };
  const { credentialId } = parts;
  return {
    ...asked,
    authData,
    rpIdHash: parts.head.slice(0, 32),
    credentialId: credentialId.length > 0 ? credentialId : asked.credentialId,
  };
}

/** What a U2F registration signs: 00, application, challenge, key handle, public key (U2F raw messages §4.3). */
const keyHandleAt = 65;
const publicKeyLength = 65;

function withKeyHandle(session: FaultSession, request: FaultRequest, data: Uint8Array): Uint8Array {
  const end = data.length - publicKeyLength;
  const id = data.slice(keyHandleAt, end);
  const bent = session.bend('key-handle', request, id);
  if (bent === id) return data;
  request.keyHandle = { from: id, to: bent };
  return concatBytes(data.subarray(0, keyHandleAt), bent, data.subarray(end));
}
