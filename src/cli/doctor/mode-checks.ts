import { join } from 'node:path';
import type { Check, Probes } from './check.ts';

const secretFiles = ['data.mdb', 'lock.mdb', 'keystore.key'];
/** What a store's directory may hold and still be nothing else; sockets and logs too. */
const harmless = new Set([...secretFiles, 'README.md', '.gitignore']);

/** A path that others on this machine have rights to, and the mode that it should have. */
interface OpenPlace {
  readonly path: string;
  readonly mode: number;
}

export function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

function openPlaces(probes: Probes, places: readonly OpenPlace[]): OpenPlace[] {
  return places.filter(({ path }) => ((probes.mode(path) ?? 0) & 0o077) !== 0);
}

function isOnlyStore(probes: Probes, directory: string): boolean {
  const names = probes.entries(directory);
  const isStore = names.some((name) => secretFiles.includes(name));
  return isStore && names.every((name) => harmless.has(name) || /\.(sock|log)$/.test(name));
}

/** Files of a store (0600), and its directory (0700) if there is nothing else in it. */
function storePlaces(probes: Probes, directory: string): OpenPlace[] {
  const logs = probes.entries(directory).filter((name) => /\.(sock|log)$/.test(name));
  const files = [...secretFiles, ...logs].map((name) => ({ path: join(directory, name), mode: 0o600 }));
  return isOnlyStore(probes, directory) ? [{ path: directory, mode: 0o700 }, ...files] : files;
}

/** The directory in which running keys have their sockets. It is the program's own, so all in it is. */
function socketPlaces(probes: Probes, directory: string): OpenPlace[] {
  const files = probes.entries(directory).map((name) => ({ path: join(directory, name), mode: 0o600 }));
  return [{ path: directory, mode: 0o700 }, ...files];
}

function chmodCommands(places: readonly OpenPlace[]): string[] {
  return [0o700, 0o600].flatMap((mode) => {
    const paths = places.filter((place) => place.mode === mode).map(({ path }) => quote(path));
    return paths.length > 0 ? [`chmod ${mode.toString(8)} ${paths.join(' ')}`] : [];
  });
}

/** One check of many places: nothing to tell, mended, or the commands that mend it. */
function judge(
  probes: Probes,
  id: string,
  places: readonly OpenPlace[],
  words: { readonly open: string; readonly mended: string },
  mend: boolean,
): Check[] {
  const open = openPlaces(probes, places);
  if (open.length === 0) return [];
  if (mend) for (const { path, mode } of open) probes.setMode(path, mode);
  const left = openPlaces(probes, places);
  if (left.length === 0) return [{ id, status: 'ok', message: words.mended }];
  return [{ id, status: 'warn', message: words.open, fix: chmodCommands(left) }];
}

/** Files of keys that others on this machine could read. Windows has no such bits. */
export function checkModes(probes: Probes, directory: string, mend: boolean): Check[] {
  if (probes.platform === 'win32') return [];
  const store = judge(
    probes,
    'keystore-modes',
    storePlaces(probes, directory),
    {
      open: `Other users of this machine can read the keystore in ${directory}.`,
      mended: `The keystore in ${directory} was open to other users of this machine; it is yours alone again.`,
    },
    mend,
  );
  const sockets = probes.socketDirectories.flatMap((place) =>
    judge(
      probes,
      'socket-modes',
      socketPlaces(probes, place),
      {
        open: `Other users of this machine can reach the sockets of running keys in ${place}.`,
        mended: `The sockets of running keys in ${place} were open to other users; they are yours alone again.`,
      },
      mend,
    ),
  );
  return [...store, ...sockets];
}
