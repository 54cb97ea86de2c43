import type { KeySelection, OpenKey } from './api.ts';

/** Placeholder until the keystore is wired in. */
export function openKey(_selection: KeySelection, _options: { readonly create: boolean }): Promise<OpenKey> {
  return Promise.reject(new TypeError('openKey is not wired yet'));
}

export function keystoreLocation(_selection: KeySelection): Promise<string> {
  return Promise.reject(new TypeError('keystoreLocation is not wired yet'));
}
