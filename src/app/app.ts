import type { App } from './api.ts';

/** The program as the command line uses it. What a call needs is loaded when it is made. */
export const app: App = {
  runKey: async (options, ui) => (await import('./run-key.ts')).runKey(options, ui),
  openKey: async (selection, options) => (await import('./open-key.ts')).openKey(selection, options),
  powerCycle: async (selection) => (await import('./power-cycle.ts')).powerCycle(selection),
  keystoreLocation: async (selection) => (await import('./open-key.ts')).keystoreLocation(selection),
  listDevices: async () => (await import('../client/pipes/node-hid.ts')).listFidoHidDevices(),
};
