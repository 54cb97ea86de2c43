import type { RelyingParty, RelyingPartyOptions } from './types.d.ts';

export function createRelyingParty(options?: RelyingPartyOptions): Promise<RelyingParty>;
