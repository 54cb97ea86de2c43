import { expect, test as base } from 'fauxkey/playwright';
import { createRelyingParty } from '../relying-party/server.mjs';
import type { RelyingParty } from '../relying-party/types.d.ts';

const test = base.extend<{ site: RelyingParty }>({
  site: async ({ page }, use) => {
    const site = await createRelyingParty();
    await page.goto(site.url);
    await use(site);
    await site.close();
  },
});

test.beforeEach(async ({ page, site: _ }) => {
  await page.getByRole('button', { name: 'Register' }).click();
  await expect(page.locator('#result')).toHaveAttribute('data-ok', 'true');
});

test('waits for a person who takes their time', async ({ page, securityKey }) => {
  securityKey.user.ask();
  await page.getByRole('button', { name: 'Sign in as' }).click();
  const question = await securityKey.user.waitForQuestion({ rpId: 'localhost' });
  await expect(page.getByRole('button', { name: 'Sign in as' })).toBeDisabled();
  securityKey.user.answer(question, 'allow');
  await expect(page.getByText('Sign-in: verified')).toBeVisible();
});

test('refuses a signature that is wrong', async ({ page, securityKey }) => {
  securityKey.addFault({ fault: 'ctap.signature', scope: { next: 1 } });
  await page.getByRole('button', { name: 'Sign in as' }).click();
  await expect(page.locator('#result')).toHaveAttribute('data-error', 'VerificationFailed');
});

test('refuses a key whose counter goes back', async ({ page, securityKey }) => {
  const [credential] = securityKey.credentials();
  await page.getByRole('button', { name: 'Sign in as' }).click();
  await expect(page.getByText('Sign-in: verified')).toBeVisible();
  if (credential) await securityKey.key.credentials.change(credential.id, { signCount: 0 });
  await page.getByRole('button', { name: 'Sign in as' }).click();
  await expect(page.locator('#result')).toHaveAttribute('data-error', 'CounterWentBack');
});

test.describe('where the browser shows a dialog to a person with a USB key', () => {
  test.skip(({ fauxkey }) => fauxkey.mode === 'hid', 'nobody is there to answer it');

  test('signs in with the key that was registered', async ({ page, securityKey }) => {
    await page.getByRole('button', { name: 'Sign in without a name' }).click();
    await expect(page.getByText('Usernameless sign-in: verified')).toBeVisible();
    expect(securityKey.credentials()).toHaveLength(1);
  });

  test('tells a person who refuses what happened', async ({ page, securityKey }) => {
    securityKey.user.deny({ times: 1 });
    await page.getByRole('button', { name: 'Sign in as' }).click();
    await expect(page.getByText('Sign-in: NotAllowedError')).toBeVisible();
  });

  test('offers passkeys beside a field', async ({ page, securityKey }) => {
    const picked = page.evaluate<string>(`navigator.credentials
      .get({ mediation: 'conditional', publicKey: { challenge: new Uint8Array(16) } })
      .then((credential) => credential.type)`);
    await securityKey.selectPasskey({ account: 'alice' });
    expect(await picked).toBe('public-key');
  });
});

test.describe('with the authenticator of a phone or laptop', () => {
  test.use({ fauxkey: { mode: 'page', attachment: 'platform', profile: 'synced-passkey', pin: '2468' } });

  test('is told about it', async ({ page, securityKey }) => {
    await expect(page.locator('#result')).toContainText('internal');
    expect(securityKey.browserUser.pinPrompts).toHaveLength(1);
  });
});
