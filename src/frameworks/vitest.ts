import { test as base } from 'vitest';
import { openSecurityKey, type SecurityKey, type SecurityKeyOptions } from './security-key.ts';
import { openSite, type Site } from './site.ts';
import { traceText } from './trace-files.ts';

export type { SecurityKey, SecurityKeyOptions } from './security-key.ts';
export type { Site } from './site.ts';
export type { TestUser, UserRule } from './test-user.ts';
export { openSecurityKey } from './security-key.ts';
export { openSite } from './site.ts';

export interface FauxkeyFixtures {
  /** A further key, or one of another kind; pulled out when the test is over. */
  createKey(options?: SecurityKeyOptions): Promise<TestKey>;
  /** A fresh key for this test. */
  readonly securityKey: TestKey;
}

/** A key with a way to use it from a site. */
export interface TestKey extends SecurityKey {
  /** A page of this origin, e.g. `https://login.example.com`, whose browser has this key only. */
  site(origin: string): Site;
}

/** The `test` of Vitest with a security key in it. */
export const test = base.extend<FauxkeyFixtures>({
  createKey: async ({ task }, use) => {
    const keys: SecurityKey[] = [];
    await use(async (options) => {
      const key = await openSecurityKey(options);
      keys.push(key);
      return { ...key, site: (origin) => openSite(key, origin) };
    });
    await Promise.all(keys.map((key) => key.close()));
    if (task.result?.state === 'fail') task.result.errors?.push(...keys.map(traceError));
  },
  securityKey: async ({ createKey }, use) => use(await createKey()),
});

/**
 * Vitest takes no annotation from a test that has failed, but it shows every error of it: what passed between keys and
 * hosts stands below the one that failed the test.
 */
function traceError(key: SecurityKey): { readonly name: string; readonly message: string } {
  return { name: 'Trace of', message: `${key.key.id}\n${traceText(key)}` };
}
