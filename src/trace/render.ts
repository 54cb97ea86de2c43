import type { Json, JsonObject, TraceEntry } from './entry.ts';
import { subjectText } from './summary.ts';

type Paint = (text: string) => string;

/** Colours, or functions that change nothing. */
export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

/** Text of hosts and sites may hold anything: what is no plain character is shown by its number. */
function plain(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

const waiting = ['6985 CONDITIONS_NOT_SATISFIED', 'KEEPALIVE_CANCEL', 'USER_ACTION_TIMEOUT', 'unanswered'];

function paintStatus({ status }: TraceEntry, palette: Palette): string {
  const paint =
    status === 'OK' || status.startsWith('9000')
      ? palette.green
      : waiting.includes(status)
        ? palette.yellow
        : palette.red;
  return paint(plain(status));
}

function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

/** One transaction in one line. `time` is what the caller makes of `entry.time`. */
export function renderLine(entry: TraceEntry, palette: Palette, time: string): string {
  const { cancelled, channel, command, durationMs, keepAlives, protocol } = entry;
  const notes = [
    ...(keepAlives > 0 ? [`${keepAlives} keep-alive${keepAlives === 1 ? '' : 's'}`] : []),
    ...(cancelled ? ['cancelled'] : []),
  ];
  const name = protocol === 'ctaphid' ? palette.dim(plain(command)) : palette.bold(plain(command));
  const parts = [
    palette.dim(time),
    palette.dim(channel),
    name,
    palette.cyan(plain(subjectText(entry))),
    '→',
    paintStatus(entry, palette),
    palette.dim([duration(durationMs), ...notes].join(', ')),
  ];
  return parts.filter((part) => part !== '' && part !== palette.cyan('')).join(' ');
}

/** The line, and below it what was asked and answered, member by member, and the packets if they are wanted. */
export function renderExpanded(
  entry: TraceEntry,
  palette: Palette,
  time: string,
  options: { readonly packets?: boolean } = {},
): readonly string[] {
  const { packets, request, response } = entry;
  const shown = [
    ...(request ? renderPart('→', request, palette) : []),
    ...(response ? renderPart('←', response, palette) : []),
  ];
  const raw = packets.map(
    ({ at, direction, report }) =>
      `  ${palette.dim(`${at.toFixed(3).padStart(10)} ${direction === 'to-key' ? '→' : '←'} ${hexOf(report)}`)}`,
  );
  return [renderLine(entry, palette, time), ...shown, ...(options.packets ? raw : [])];
}

function renderPart(arrow: string, members: JsonObject, palette: Palette): readonly string[] {
  return renderMembers(members, palette).map((line, index) => `  ${index === 0 ? arrow : ' '} ${line}`);
}

function renderMembers(members: JsonObject, palette: Palette): readonly string[] {
  return Object.entries(members).flatMap(([name, value]) => {
    const label = `${palette.dim(plain(name))}:`;
    const inline = renderInline(value, palette);
    if (inline !== undefined) return [`${label} ${inline}`];
    return [label, ...renderBelow(value, palette).map((line) => `  ${line}`)];
  });
}

/** A value that fits on the line of its name. */
function renderInline(value: Json, palette: Palette): string | undefined {
  if (typeof value === 'string') return value.startsWith('redacted, ') ? palette.yellow(value) : plain(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const items = Array.isArray(value) ? (value as readonly Json[]) : undefined;
  if (items?.every((item) => typeof item !== 'object' || item === null)) {
    return items.map((item) => plain(String(item))).join(', ');
  }
  return !items && Object.keys(value).length === 0 ? '{}' : undefined;
}

function renderBelow(value: Json, palette: Palette): readonly string[] {
  if (!Array.isArray(value)) return renderMembers(value as JsonObject, palette);
  return (value as readonly Json[]).flatMap((item) => {
    const inline = renderInline(item, palette);
    const lines = inline === undefined ? renderBelow(item, palette) : [inline];
    return lines.map((line, index) => `${index === 0 ? '-' : ' '} ${line}`);
  });
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Packets are compared with other people's dumps, which are in hex. */
function hexOf(base64url: string): string {
  let held = 0;
  let bits = 0;
  let result = '';
  for (const character of base64url) {
    held = (held << 6) | alphabet.indexOf(character);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    result += ((held >> bits) & 0xff).toString(16).padStart(2, '0');
    held &= (1 << bits) - 1;
  }
  return result;
}
