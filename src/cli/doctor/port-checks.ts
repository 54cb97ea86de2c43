import type { Check, Probes } from './check.ts';

/** The ports that emulators of this field have agreed on. */
const ports = [
  ['tcp', 8112],
  ['udp', 8111],
] as const;

async function checkPort(probes: Probes, kind: 'tcp' | 'udp', port: number): Promise<Check> {
  const id = `${kind}-${String(port)}`;
  const name = `${kind.toUpperCase()} port ${String(port)}`;
  const result = await probes.bindPort(kind, port);
  if (result === 'ok') return { id, status: 'ok', message: `${name} is free.` };
  if (result === 'EADDRINUSE')
    return {
      id,
      status: 'warn',
      message: `${name} is in use, perhaps by a key that runs already. The first command says by whom.`,
      fix: [
        `ss -lnp --${kind} 'sport = :${String(port)}'`,
        `fauxkey start --transport ${kind}:127.0.0.1:${String(port + 10)}`,
      ],
    };
  return { id, status: 'warn', message: `${name} cannot be opened (${result}).` };
}

export function checkPorts(probes: Probes): Promise<Check[]> {
  return Promise.all(ports.map(([kind, port]) => checkPort(probes, kind, port)));
}
