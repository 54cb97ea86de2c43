import type { Check, Probes } from './check.ts';

const programs = [
  'firefox',
  'firefox-esr',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'brave-browser',
  'vivaldi',
  'opera',
];
const snaps = ['firefox', 'chromium', 'brave', 'opera'];
const flatpaks = [
  'org.mozilla.firefox',
  'org.chromium.Chromium',
  'com.google.Chrome',
  'com.brave.Browser',
  'com.microsoft.Edge',
  'com.vivaldi.Vivaldi',
];

/** A browser out of a package of the distribution. Ubuntu's packages only call the snap. */
function isNative(probes: Probes, path: string): boolean {
  const real = probes.realPath(path);
  if (real === undefined || real.includes('/snap')) return false;
  return !(probes.text(path)?.slice(0, 4000).includes('/snap/bin/') ?? false);
}

function nativeBrowsers(probes: Probes): string[] {
  return programs.filter((name) => probes.path.some((directory) => isNative(probes, `${directory}/${name}`)));
}

/** A snap sees the devices that its udev rules tag. Old versions of snapd tag known makers only. */
function checkSnap(probes: Probes, name: string): Check {
  const id = `snap-${name}`;
  const rules = probes.text(`/etc/udev/rules.d/70-snap.${name}.rules`) ?? '';
  if (/ID_(?:FIDO|SECURITY)_TOKEN/.test(rules))
    return { id, status: 'ok', message: `The snap of ${name} may see FIDO devices.` };
  if (!rules.includes('u2f-devices'))
    return {
      id,
      status: 'warn',
      message: `The snap of ${name} is not connected to security keys.`,
      fix: [`sudo snap connect ${name}:u2f-devices`],
    };
  return {
    id,
    status: 'warn',
    message:
      `The snap of ${name} sees keys of known makers only, and no key on uhid. Update snapd, use a browser that is not a ` +
      'snap, start the key on USB/IP with the ids of a known maker, or take the walls of the snap down.',
    fix: [
      'sudo snap refresh snapd',
      'fauxkey start --transport usbip --vendor-id 1209 --product-id beee',
      `sudo snap refresh --devmode ${name}`,
    ],
  };
}

function checkFlatpak(probes: Probes, app: string): Check {
  const settings = [
    `/var/lib/flatpak/app/${app}/current/active/metadata`,
    `${probes.home}/.local/share/flatpak/app/${app}/current/active/metadata`,
    `/var/lib/flatpak/overrides/${app}`,
    `${probes.home}/.local/share/flatpak/overrides/${app}`,
  ];
  const id = `flatpak-${app}`;
  return settings.some((path) => /^devices=(?:[^\n]*;)?all\b/m.test(probes.text(path) ?? ''))
    ? { id, status: 'ok', message: `The flatpak ${app} may see devices.` }
    : {
        id,
        status: 'warn',
        message: `The flatpak ${app} may not see devices.`,
        fix: [`flatpak override --user --device=all ${app}`],
      };
}

/** Which browsers are here, and what their sandboxes keep from them. */
export function checkBrowsers(probes: Probes): Check[] {
  const native = nativeBrowsers(probes);
  const flatpakDirectories = ['/var/lib/flatpak/app', `${probes.home}/.local/share/flatpak/app`];
  const installed = new Set(flatpakDirectories.flatMap((directory) => probes.entries(directory)));
  const sandboxed = [
    ...snaps.filter((name) => probes.exists(`/snap/${name}/current`)).map((name) => checkSnap(probes, name)),
    ...flatpaks.filter((app) => installed.has(app)).map((app) => checkFlatpak(probes, app)),
  ];
  if (native.length > 0)
    return [
      {
        id: 'browser',
        status: 'ok',
        message: `Browsers without a sandbox around them: ${native.join(', ')}.`,
      },
      ...sandboxed,
    ];
  if (sandboxed.length === 0)
    return [{ id: 'browser', status: 'warn', message: 'No browser was found in the usual places.' }];
  const blocked = sandboxed.every(({ status }) => status !== 'ok');
  return sandboxed.map((check) => (blocked ? { ...check, status: 'fail' as const } : check));
}
