import type { App } from './api.ts';

/** The program behind the command line. Every call loads only what it needs. */
export const app: App = {
  runKey: async (options, ui) => (await import('./run-key.ts')).runKey(options, ui),
  openKey: async (selection, options) => (await import('./open-key.ts')).openKey(selection, options),
  readKey: async (selection) => (await import('./read-key.ts')).readKey(selection),
  runWebDriver: async (options) => (await import('./webdriver.ts')).runWebDriver(options),
  powerCycle: async (selection) => (await import('./power-cycle.ts')).powerCycle(selection),
  followTrace: async (wish) => (await import('./follow-trace.ts')).followTrace(wish),
  describeExtension: async () => (await import('./extension-info.ts')).describeExtension(),
  presets: async () =>
    (await import('../authenticator/presets.ts')).presets.map(({ name, summary }) => ({ name, summary })),
  profileDocument: async (nameOrPath) => (await import('./describe-profile.ts')).describeProfile(nameOrPath),
  keystoreLocation: async ({ keystore }) =>
    (await import('../keystore/location.ts')).keystoreLocation(keystore),
  setPassphrase: async (selection, choose) =>
    (await import('./store-passphrase.ts')).setPassphrase(selection, choose),
  checkGroups: async () => (await import('../check/groups.ts')).checkGroups,
  checkKey: async (options, ui) => (await import('./check-key.ts')).checkKey(options, ui),
  attachKeys: async (address, busId) => (await import('./usbip-attach.ts')).attachKeys(address, busId),
  detachKeys: async (ports) => (await import('./usbip-attach.ts')).detachKeys(ports),
  listDevices: async () => (await import('../client/pipes/node-hid.ts')).listFidoHidDevices(),
};
