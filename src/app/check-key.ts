import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { selectChecks } from '../check/groups.ts';
import { runChecks } from '../check/runner.ts';
import type { RunReport } from '../check/runner.ts';
import { CtapHidError, HidTransportError } from '../client/errors.ts';
import { createNodeCrypto } from '../crypto/node/provider.ts';
import { UsageError } from '../ports/errors.ts';
import { TransportError } from '../ports/transport.ts';
import type { CheckOptions, CheckUi } from './api.ts';
import { findCheckTarget } from './check-target.ts';
import { systemClock, systemRandom } from './system.ts';

/** Milliseconds of silence after which an answer counts as missing, and that a single check may take. */
const patience = 3000;
const limit = 60_000;

/** Runs the checks of `fauxkey check`. Throws UsageError and TransportError if there is no key to be checked. */
export async function checkKey(
  options: CheckOptions,
  ui: CheckUi,
): Promise<{ readonly target: string; readonly report: RunReport }> {
  const groups = selectChecks(options.only);
  if (groups.length === 0) {
    const message = `There is no check ${options.only.join(', ')}.`;
    throw new UsageError(message, { problem: 'not-found', hint: 'See all: fauxkey check --list' });
  }
  const target = await findCheckTarget(options.device, options.stream);
  const report = await runChecks({
    groups,
    destructive: options.destructive,
    platform: { crypto: createNodeCrypto(), random: systemRandom },
    clock: systemClock,
    patience,
    limit,
    open: () => target.open(),
    person: {
      touch: () => ui.touch(),
      canReplug: ui.canReplug || options.replugCommand !== undefined,
      replug: () => replug(options, ui),
    },
    roots: options.roots.flatMap((pem) => readCertificates(pem)),
    onStart: (check, group) => ui.start(check, group),
    onResult: (result) => ui.result(result),
    ...(options.pin !== undefined && { pin: options.pin }),
  }).catch((error: unknown) => {
    if (!(error instanceof HidTransportError || error instanceof CtapHidError)) throw error;
    const message = `${target.name} does not answer as a FIDO key does: ${error.message}.`;
    throw new TransportError('io', message, 'Is it a key at all, and does no other program use it?', {
      cause: error,
    });
  });
  return { target: target.name, report };
}

/** The certificates (DER) of a PEM file. */
function readCertificates(pem: string): readonly Uint8Array[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/g);
  const found = [...blocks].map(([, text = '']) => Uint8Array.from(Buffer.from(text, 'base64')));
  if (found.length === 0) throw new UsageError('The file of --root holds no certificate in PEM.');
  return found;
}

async function replug({ replugCommand }: CheckOptions, ui: CheckUi): Promise<boolean> {
  if (replugCommand === undefined) return ui.replug();
  try {
    await promisify(exec)(replugCommand);
    return true;
  } catch (cause) {
    throw new UsageError('The command of --replug-command failed.', { cause });
  }
}
