import { Argument } from 'commander';
import type { Command } from 'commander';
import type { AttestationDocument } from '../../app/api-admin.ts';
import type { Cli } from '../io.ts';
import { addJsonOption, addKeyOptions, withKey } from '../key-options.ts';
import type { KeyOptions } from '../key-options.ts';
import { print, printJson } from '../output.ts';

interface AttestationOptions extends KeyOptions {
  readonly root?: boolean;
  readonly chain?: boolean;
  readonly metadata?: boolean;
  readonly profile?: string;
}

interface ImportOptions extends KeyOptions {
  readonly rootCert: string;
  readonly rootKey?: string;
  readonly cert?: string;
  readonly certKey?: string;
}

/** PEM ends with a line feed of its own. */
function printPem(cli: Cli, blocks: readonly string[]): void {
  cli.io.stdout.write(blocks.join(''));
}

/** Text between PEM blocks is a comment to every program that reads PEM. */
function printAll(cli: Cli, { chain, enterpriseChain, metadata, profile, root }: AttestationDocument): void {
  print(cli, 'Root certificate of the test authority (fauxkey attestation --root):');
  printPem(cli, [root]);
  print(cli, '', 'Attestation certificate, then the root (--chain):');
  printPem(cli, chain);
  if (enterpriseChain) {
    print(cli, '', 'Enterprise attestation certificate, then the root:');
    printPem(cli, enterpriseChain);
  }
  print(cli, '', `Metadata statement of the profile ${profile} (--metadata):`);
  printJson(cli, metadata);
}

export async function attestation(cli: Cli, options: AttestationOptions): Promise<void> {
  const document = await withKey(cli, options, (key) => key.attestation(options.profile));
  const { chain, enterpriseChain = [], metadata, root } = document;
  if (options.metadata) printJson(cli, metadata);
  else if (options.root) {
    if (options.json) printJson(cli, { root });
    else printPem(cli, [root]);
  } else if (options.chain) {
    if (options.json) printJson(cli, { chain, enterpriseChain });
    else printPem(cli, [...chain.slice(0, -1), ...enterpriseChain.slice(0, -1), root]);
  } else if (options.json) printJson(cli, document);
  else printAll(cli, document);
}

export async function importAttestation(cli: Cli, options: ImportOptions): Promise<void> {
  const { cert, certKey, rootCert, rootKey } = options;
  const files = [rootCert, rootKey, cert, certKey].filter((file) => file !== undefined);
  const pem = (await Promise.all(files.map((file) => cli.io.readFile(file)))).join('\n');
  await withKey(cli, options, (key) => key.importAttestation(pem), { create: true });
  if (options.json) printJson(cli, { imported: true });
  else print(cli, `Key ${options.key} attests with your certificates from now on.`);
}

export async function setEnterprise(cli: Cli, state: 'on' | 'off', options: KeyOptions): Promise<void> {
  await withKey(cli, options, (key) => key.setEnterpriseAttestation(state === 'on'));
  if (options.json) printJson(cli, { enterpriseAttestation: state === 'on' });
  else print(cli, `Enterprise attestation of key ${options.key} is ${state}.`);
}

export function registerAttestation(program: Command, cli: Cli): void {
  const command = program
    .command('attestation')
    .summary('show or replace the certificates by which sites know the key')
    .description(
      "Show what a relying party needs in order to trust this key: the test authority's root certificate, the chain,\n" +
        'and the metadata statement (MDS3) of what the key is, or was when it last ran.',
    )
    .option('--root', 'only the root certificate, PEM')
    .option('--chain', 'only the certificates, PEM, the root last')
    .option('--metadata', 'only the metadata statement, JSON')
    .option('--profile <name|file>', 'the metadata of this profile instead')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ fauxkey attestation --root > root.pem\n' +
        '  $ fauxkey attestation --metadata --profile enterprise > statement.json',
    )
    .action((options: AttestationOptions) => attestation(cli, options));
  addKeyOptions(addJsonOption(command, 'print one JSON object, certificates as PEM'));
  registerImport(command, cli);
  registerEnterprise(command, cli);
}

function registerImport(parent: Command, cli: Cli): void {
  const command = parent
    .command('import')
    .description(
      'Attest with certificates of your own: PEM, keys PKCS#8 on P-256. The root with its key is enough, the attestation\n' +
        'certificate is then made; without the key of the root, give certificate and key.',
    )
    .requiredOption('--root-cert <file>', 'root certificate')
    .option('--root-key <file>', 'its private key')
    .option('--cert <file>', 'attestation certificate')
    .option('--cert-key <file>', 'its private key')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ fauxkey attestation import --root-cert root.pem --root-key root-key.pem\n' +
        '  $ fauxkey attestation import --root-cert root.pem --cert leaf.pem --cert-key leaf-key.pem',
    )
    .action((_options: ImportOptions, self: Command) => importAttestation(cli, self.optsWithGlobals()));
  addKeyOptions(addJsonOption(command));
}

function registerEnterprise(parent: Command, cli: Cli): void {
  const command = parent
    .command('enterprise')
    .addArgument(new Argument('<state>', 'on or off').choices(['on', 'off']))
    .description(
      'Switch enterprise attestation (option ep), for a key of the profile enterprise. Programs can only switch it on,\n' +
        'with authenticatorConfig.',
    )
    .addHelpText('after', '\nExamples:\n  $ fauxkey attestation enterprise on')
    .action((state: 'on' | 'off', _options: KeyOptions, self: Command) =>
      setEnterprise(cli, state, self.optsWithGlobals()),
    );
  addKeyOptions(addJsonOption(command));
}
