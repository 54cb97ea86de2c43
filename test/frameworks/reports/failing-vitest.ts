import { test } from 'fauxkey/vitest';
import { expect } from 'vitest';

test('fails on purpose after a ceremony', async ({ securityKey }) => {
  await securityKey.site('https://example.com').create({
    rp: { name: 'Example' },
    user: { id: 'AQID', name: 'alice', displayName: 'Alice' },
    challenge: 'AAECAwQFBgcICQ',
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  });
  expect(securityKey.credentials()).toEqual([]);
});
