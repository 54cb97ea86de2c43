/** What an endpoint with these commands announces (WebAuthn L3 §11.1). */
export const webauthnCapabilities: Readonly<Record<string, boolean>> = {
  'webauthn:virtualAuthenticators': true,
  'webauthn:extension:prf': true,
  'webauthn:extension:largeBlob': true,
  'webauthn:extension:credBlob': true,
};

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without what the proxy answers itself: drivers refuse a session over a capability that they do not know. */
function withoutWebauthn(capabilities: unknown): unknown {
  if (!isObject(capabilities)) return capabilities;
  return Object.fromEntries(Object.entries(capabilities).filter(([name]) => !name.startsWith('webauthn:')));
}

/** The parameters of New Session (W3C WebDriver §8.1) for a driver behind the proxy; anything else stays as it is. */
export function toUpstreamParameters(body: unknown): unknown {
  if (!isObject(body)) return body;
  const { capabilities, desiredCapabilities } = body;
  return {
    ...body,
    ...(isObject(capabilities) && { capabilities: withoutWebauthnAnywhere(capabilities) }),
    ...(isObject(desiredCapabilities) && { desiredCapabilities: withoutWebauthn(desiredCapabilities) }),
  };
}

function withoutWebauthnAnywhere({ alwaysMatch, firstMatch, ...rest }: Json): Json {
  return {
    ...rest,
    ...(alwaysMatch !== undefined && { alwaysMatch: withoutWebauthn(alwaysMatch) }),
    ...(firstMatch !== undefined && {
      firstMatch: Array.isArray(firstMatch) ? firstMatch.map(withoutWebauthn) : firstMatch,
    }),
  };
}

/** What a driver answered to New Session: the session's id, and the answer with our capabilities added. */
export function fromUpstreamSession(
  answer: unknown,
): { readonly session: string; readonly answer: Json } | undefined {
  if (!isObject(answer) || !isObject(answer['value'])) return undefined;
  const { value } = answer;
  const { capabilities, sessionId } = value as {
    readonly capabilities?: unknown;
    readonly sessionId?: unknown;
  };
  if (typeof sessionId !== 'string') return undefined;
  const announced = { ...(isObject(capabilities) && capabilities), ...webauthnCapabilities };
  return { session: sessionId, answer: { ...answer, value: { ...value, capabilities: announced } } };
}
