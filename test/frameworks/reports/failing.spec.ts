import { expect, test } from 'fauxkey/playwright';

test('fails on purpose after a ceremony', async ({ securityKey }) => {
  securityKey.addFault({ fault: 'ctap.signature' });
  await securityKey.bridge.create({
    origin: 'https://example.com',
    options: {
      rp: { name: 'Example' },
      user: { id: 'AQID', name: 'alice', displayName: 'Alice' },
      challenge: 'AAECAwQFBgcICQ',
      pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
    },
  });
  expect(securityKey.mode).toBe('neither');
});
