import { expect, it } from 'vitest';
import { createKeyHost } from '../../../../src/app/key-host.ts';
import { systemClock } from '../../../../src/app/system.ts';
import { createControlApp } from '../../../../src/control/app.ts';
import { loopbackHosts } from '../../../../src/control/guard.ts';
import { createWebDriverGroup } from '../../../../src/control/routes/webdriver.ts';
import { VirtualAuthenticators } from '../../../../src/control/webdriver/virtual-authenticators.ts';

it('the control server answers WebDriver’s commands in their own form, to whoever has the token', async () => {
  const host = createKeyHost();
  const app = createControlApp({
    host,
    clock: systemClock,
    token: 'token',
    hosts: loopbackHosts,
    version: '0.0.0',
    extraGroups: [createWebDriverGroup(new VirtualAuthenticators({ host, transports: [] }))],
  });
  const post = (body: string, token = 'token') =>
    app.fetch(
      new Request('http://127.0.0.1/session/any/webauthn/authenticator', {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${token}` },
      }),
    );
  const made = await post('{"protocol":"ctap2","transport":"usb"}');
  expect(await made.json()).toEqual({ value: host.list()[0]?.id });
  expect(await (await post('{"protocol":')).json()).toMatchObject({ value: { error: 'invalid argument' } });
  expect((await post('{"protocol":"ctap2","transport":"usb"}', 'wrong')).status).toBe(401);
  expect(host.list()).toHaveLength(1);
  const document = await app.fetch(new Request('http://127.0.0.1/openapi.json'));
  const { paths } = (await document.json()) as { paths: Record<string, unknown> };
  const webauthn = Object.keys(paths).filter((path) => path.startsWith('/session/{session}/webauthn/'));
  expect(webauthn).toHaveLength(7);
  app.close();
  await host.close();
});
