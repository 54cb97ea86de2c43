import type { Command } from 'commander';
import type { RunningWebDriver } from '../../app/api.ts';
import { printable } from '../../consent/text/printable.ts';
import type { HostEvent } from '../../control/handle.ts';
import type { Cli } from '../io.ts';
import { addJsonOption } from '../key-options.ts';
import { toJson } from '../json.ts';
import { print } from '../output.ts';
import { untilStopped } from '../until-stopped.ts';

interface WebDriverCommandOptions {
  readonly upstream: string;
  readonly listen: string;
  readonly transport?: readonly string[];
  readonly json?: boolean;
}

/** A line for what a suite does with its keys; undefined for what would only be noise. */
function wordEvent(event: HostEvent): string | undefined {
  switch (event.type) {
    case 'key-created':
      return `${event.key} plugged in (${event.description.addresses.join(', ')})`;
    case 'key-removed':
      return `${event.key} pulled out`;
    case 'credential-created':
    case 'credential-used':
      return `${event.key} ${event.type === 'credential-used' ? 'signed in at' : 'registered with'} ${printable(
        event.credential.rpId ?? 'a U2F site',
      )}`;
    default:
      return undefined;
  }
}

function announce(cli: Cli, { notes, upstream, url }: RunningWebDriver, json: boolean): void {
  if (json) {
    print(cli, toJson({ event: 'ready', url, upstream, notes }));
    return;
  }
  print(
    cli,
    `WebDriver  ${url}`,
    `Passes to  ${upstream}`,
    ...notes,
    'Give the first address to your suite as its WebDriver server. Ctrl-C stops it.',
  );
}

export async function webdriver(cli: Cli, options: WebDriverCommandOptions): Promise<void> {
  const { json = false, listen, transport = ['uhid'], upstream } = options;
  const onEvent = (event: HostEvent) => {
    const line = wordEvent(event);
    if (line === undefined) return;
    if (json) print(cli, toJson({ event: event.type, key: event.key }));
    else print(cli, line);
  };
  let ready = false;
  const running = await cli.app.runWebDriver({
    upstream,
    listen,
    transports: transport,
    // The key by which the transport is tried out is nobody's business.
    onEvent: (event) => (ready ? onEvent(event) : undefined),
  });
  ready = true;
  await untilStopped(cli.io, running, { ready: () => announce(cli, running, json) });
}

function collect(spec: string, previous: readonly string[] = []): string[] {
  return [...previous, spec];
}

export function registerWebDriver(program: Command, cli: Cli): void {
  const command = program
    .command('webdriver')
    .summary('give a Selenium suite real keys')
    .description(
      'A WebDriver proxy: it passes everything to chromedriver, geckodriver or a grid, but for the commands of virtual\n' +
        'authenticators. Those make real HID keys, so that the browser meets a security key, in Firefox too.',
    )
    .requiredOption('--upstream <url>', 'where the driver listens, e.g. http://127.0.0.1:9515')
    .option('--listen <address>', 'PORT or HOST:PORT to listen at', '4445')
    .option('-t, --transport <spec>', 'how the browsers reach the keys; uhid unless given', collect)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ chromedriver --port=9515 &\n' +
        '  $ fauxkey webdriver --upstream http://127.0.0.1:9515\n' +
        '  $ SELENIUM_REMOTE_URL=http://127.0.0.1:4445 npm test',
    )
    .action((options: WebDriverCommandOptions) => webdriver(cli, options));
  addJsonOption(command);
}
