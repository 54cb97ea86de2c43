function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** `2026-01-31 14:05` in the local time zone. */
export function formatDateTime(ms: number): string {
  const date = new Date(ms);
  const day = `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `14:05:09` in the local time zone. */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** How long ago, in the largest unit that fits: `3 min ago`. More than 30 days ago, the date. */
export function formatAgo(ms: number, now: number): string {
  const age = now - ms;
  if (age > 30 * 86_400_000 || age < -60_000) return formatDateTime(ms).slice(0, 10);
  const [unit, length] = units.find(([, each]) => age >= each) ?? ['', 0];
  return unit === '' ? 'just now' : `${String(Math.floor(age / length))} ${unit} ago`;
}
