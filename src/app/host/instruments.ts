import type { FaultsPart, HostHappening, TracePart } from '../../control/handle.ts';
import { createFaults } from '../../faults/faults.ts';
import type { KeyEvent } from '../../ports/events.ts';
import type { PortWrappers } from '../../ports/port-wrappers.ts';
import type { TraceEntry } from '../../trace/entry.ts';
import { createTrace } from '../../trace/trace.ts';
import type { HostedKeyPorts } from './hosted-key.ts';

/** What is put around a key to watch it and to make it misbehave. */
export interface Instruments {
  readonly faults: FaultsPart;
  readonly trace: TracePart;
  /** To be given to the key: the trace outside of the faults, so that it shows what hosts really see. */
  readonly wrap: readonly PortWrappers[];
  /** What the key says of its own commands. */
  notice(event: KeyEvent): void;
}

interface Plug {
  unplug(): Promise<void>;
  plug(): Promise<void>;
}

export function createInstruments({ clock, random, tell }: HostedKeyPorts, plug: Plug): Instruments {
  const trace = createTrace({ clock });
  const faults = createFaults({
    clock,
    random,
    onUnplug: () => plug.unplug(),
    onReplug: () => plug.plug(),
    onDefect: (error) => tell({ type: 'defect', error }),
  });
  faults.onApplied(({ command, fault, id, remaining, rpId }) =>
    tell({
      type: 'fault',
      rule: id,
      fault,
      command,
      ...(rpId !== undefined && { rpId }),
      ...(remaining !== undefined && { remaining }),
    }),
  );
  // One command at a time: what the key said last belongs to the transaction that ends next on that channel.
  let last: Extract<KeyEvent, { readonly type: 'command' }> | undefined;
  trace.subscribe((entry) => {
    const detail = last && last.channel === Number.parseInt(entry.channel, 16) ? last.detail : undefined;
    const note = commandNote(entry, detail);
    if (note) tell(note);
    last = undefined;
  });
  return {
    faults: {
      list: () => faults.list(),
      add: (rule) => {
        const id = faults.add(rule);
        const added = faults.list().find((fault) => fault.id === id);
        if (!added) throw new ReferenceError('a rule is in force as soon as it is added');
        return added;
      },
      remove: (id) => faults.remove(id),
      clear: () => faults.clear(),
    },
    trace,
    wrap: [faults.wrap, trace.wrap],
    notice: (event) => {
      if (event.type === 'command') last = event;
    },
  };
}

/** Undefined for what is CTAPHID's own business: it is in the trace only. */
function commandNote(entry: TraceEntry, detail: string | undefined): HostHappening | undefined {
  const { cancelled, channel, command, durationMs, host, number, protocol, request, response, status } =
    entry;
  if (protocol === 'ctaphid') return undefined;
  return {
    type: 'command',
    protocol,
    ...{ number, host, channel, command, status, durationMs, cancelled },
    ...(request && { request }),
    ...(response && { response }),
    ...(detail !== undefined && { detail }),
  };
}
