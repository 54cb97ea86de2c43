import { expect, it } from 'vitest';
import { allow, assertion, registration } from '../support/protocol.ts';
import { createRig } from './rig.ts';

it('smokes', async () => {
  const rig = createRig();
  const client = await rig.client();
  const made = await client.makeCredential(registration());
  rig.add({ fault: 'ctap.rp-id-hash', scope: { next: 1 } });
  rig.add({ fault: 'ctap.counter', parameters: { how: 'jump' }, scope: { next: 1 } });
  const [bad] = await client.getAssertions(assertion(allow(made)));
  expect(bad.parsed.signCount).toBe(1001);
  const [good] = await client.getAssertions(assertion(allow(made)));
  expect(good.parsed.signCount).toBe(2);
  expect(rig.applied.map(({ fault }) => fault)).toEqual(['ctap.rp-id-hash', 'ctap.counter']);
});
