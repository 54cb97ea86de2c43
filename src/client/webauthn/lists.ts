import { publicKeyType, type CredentialDescriptor } from '../../ctap/entities.ts';
import { ctapStatus } from '../../ctap/status.ts';
import { publicKeyDescriptors, publicKeyParameters } from '../ctap-client.ts';
import { CtapStatusError } from '../errors.ts';
import type { PinUvAuthToken } from '../pin-protocol.ts';
import { decodeBase64Url } from './base64url.ts';
import { touchOptions, type CeremonyContext } from './context.ts';
import type { DescriptorJson } from './options.ts';

/** The descriptors of type public-key; other types are not ours to understand (WebAuthn L3 §5.8.3). */
export function parseDescriptors(
  list: readonly DescriptorJson[] | undefined,
  name: string,
): readonly CredentialDescriptor[] {
  const known = list?.filter(({ type }) => type === publicKeyType) ?? [];
  return publicKeyDescriptors(...known.map(({ id }) => decodeBase64Url(id, `${name}.id`)));
}

/**
 * The list in pieces that the key takes (getInfo 07 and 08). Ids that are too long for it cannot be its own. A key that
 * tells only one of the two limits gets one id at a time, as Chromium does.
 */
export function batch(
  { info }: CeremonyContext,
  list: readonly CredentialDescriptor[],
): readonly (readonly CredentialDescriptor[])[] {
  const { maxCredentialIdLength: longest } = info;
  const own = longest === undefined ? list : list.filter(({ id }) => id.length <= longest);
  const size = longest === undefined ? 1 : (info.maxCredentialCountInList ?? 1);
  const pieces: CredentialDescriptor[][] = [];
  for (let start = 0; start < own.length; start += size) pieces.push(own.slice(start, start + size));
  return pieces;
}

/** Asks silently which credential of a list is the key's: an assertion without touch, whose hash nobody signs for. */
export async function findOwn(
  context: CeremonyContext,
  pieces: readonly (readonly CredentialDescriptor[])[],
  token: PinUvAuthToken | undefined,
): Promise<{ readonly piece: readonly CredentialDescriptor[]; readonly id: Uint8Array } | undefined> {
  for (const piece of pieces) {
    const found = await unlessMissing(() =>
      context.ctap.getAssertion(
        {
          rpId: context.rpId,
          clientDataHash: new Uint8Array(32),
          allowList: piece,
          options: { up: false },
          ...(token && { pinUvAuthToken: token }),
        },
        { signal: context.signal },
      ),
    );
    if (found) return { piece, id: found.credentialId };
  }
  return undefined;
}

/** Undefined for NO_CREDENTIALS and INVALID_CREDENTIAL, which both say "not mine". */
export async function unlessMissing<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    const missing: readonly number[] = [ctapStatus.NO_CREDENTIALS, ctapStatus.INVALID_CREDENTIAL];
    if (error instanceof CtapStatusError && missing.includes(error.status)) return undefined;
    throw error;
  }
}

/**
 * A touch that does nothing, before a page learns that the key has no credential of it. Keys before CTAP 2.1 have no
 * command for it; they are asked to make a credential for nobody.
 */
export async function collectTouch(context: CeremonyContext): Promise<void> {
  const { ctap, info } = context;
  if (info.versions.some((version) => version === 'FIDO_2_1' || version === 'FIDO_2_3')) {
    await ctap.selection(touchOptions(context));
    return;
  }
  const probe = ctap.makeCredential(
    {
      clientDataHash: new Uint8Array(32),
      rp: { id: 'make.me.blink' },
      user: { id: Uint8Array.of(0), name: 'dummy' },
      pubKeyCredParams: publicKeyParameters(-7),
      ...(info.pinUvAuthProtocols && { pinUvAuthParam: new Uint8Array(), pinUvAuthProtocol: 1 }),
    },
    touchOptions(context),
  );
  await probe.catch((error: unknown) => {
    const touched: readonly number[] = [
      ctapStatus.PIN_INVALID,
      ctapStatus.PIN_AUTH_INVALID,
      ctapStatus.PIN_NOT_SET,
    ];
    if (!(error instanceof CtapStatusError && touched.includes(error.status))) throw error;
  });
}
