import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { runCampaign } from './campaign.ts';
import type { FuzzTarget } from './target.ts';
import { fuzzTargets } from './targets.ts';

/*
 * npm run fuzz -- [--target T]… [--seed S] [--seconds N | --packets N | --inputs N]
 *
 * Each target runs in a process of its own, so that an input that crashes it, hangs it or fills the memory is told like
 * any other. Without a bound every target gets ten seconds. Ends with 1 if anything was found.
 */
const usage = 'npm run fuzz -- [--target T]… [--seed S] [--seconds N | --packets N | --inputs N]';

/** Milliseconds without progress after which a process hangs, before its first input and later; bytes that it may grow by. */
const longestStart = 180_000;
const longestSilence = 30_000;
const mostGrowth = 64 * 1024 * 1024;
/** How often the process tells where it is, and the share of the run that counts as warming up. */
const reportEvery = 250;
const warmUp = 0.2;
/** Milliseconds after which slow inputs are told of, too. */
const longestUntold = 1000;

interface Bounds {
  readonly seconds: number;
  readonly packets: number;
  readonly inputs: number;
}

interface Progress {
  readonly inputs: number;
  readonly packets: number;
  readonly seconds: number;
  readonly growth?: number;
  readonly finding?: string;
  readonly done?: boolean;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', multiple: true, default: fuzzTargets.map(({ name }) => name) },
      seed: { type: 'string', default: String(randomInt(1_000_000_000)) },
      seconds: { type: 'string' },
      packets: { type: 'string' },
      inputs: { type: 'string' },
      child: { type: 'boolean', default: false },
    },
  });
  const isBounded = (values.packets ?? values.inputs) !== undefined;
  const bounds: Bounds = {
    seconds: Number(values.seconds ?? (isBounded ? Infinity : 10)),
    packets: Number(values.packets ?? Infinity),
    inputs: Number(values.inputs ?? Infinity),
  };
  const targets = values.target.map((name) => {
    const target = fuzzTargets.find((known) => known.name === name);
    if (!target) throw new RangeError(`There is no target ${name}; ${usage}`);
    return target;
  });
  if (Object.values(bounds).some((bound) => !(Number(bound) > 0))) throw new RangeError(usage);
  return { targets, seed: values.seed, bounds, isChild: values.child };
}

/** Heap in use once what is garbage is gone; the run is started so that it may ask for that. */
function heapInUse(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}

async function runChild(target: FuzzTarget, seed: string, bounds: Bounds): Promise<void> {
  const start = performance.now();
  let [packets, base] = [0, 0];
  const tell = (progress: Omit<Progress, 'packets' | 'seconds'>): Promise<void> => {
    const seconds = (performance.now() - start) / 1000;
    return new Promise((resolve) => process.send?.({ ...progress, packets, seconds }, () => resolve()));
  };
  const counted: FuzzTarget = {
    ...target,
    async open(given) {
      const session = await target.open(given);
      const make: typeof session.make = (dice) => {
        const input = session.make(dice);
        packets += Array.isArray(input) ? input.length : 1;
        return input;
      };
      return {
        make,
        feed: (input) => session.feed(input),
        probe: () => session.probe(),
        close: () => session.close?.(),
      };
    },
  };
  const share = (inputs: number): number =>
    Math.max(
      (performance.now() - start) / 1000 / bounds.seconds,
      packets / bounds.packets,
      inputs / bounds.inputs,
    );
  try {
    let toldAt = start;
    const goesOn = (inputs: number): boolean => {
      const now = performance.now();
      if (inputs % reportEvery === 0 || now - toldAt > longestUntold) {
        toldAt = now;
        void tell({ inputs });
      }
      if (base === 0 && share(inputs) > warmUp) base = heapInUse();
      return share(inputs) < 1;
    };
    const { inputs } = await runCampaign({ target: counted, seed, goesOn });
    await tell({ inputs, growth: heapInUse() - base, done: true });
  } catch (error) {
    const finding = error instanceof Error ? (error.stack ?? error.message) : String(error);
    await tell({ inputs: 0, finding, done: true });
  }
  process.exit();
}

/** Resolves to what was found in one target; undefined for nothing. */
async function watchChild(target: FuzzTarget, seed: string, bounds: Bounds): Promise<string | undefined> {
  const parameters = ['--child', '--target', target.name, '--seed', seed];
  for (const [name, bound] of Object.entries(bounds) as [string, number][])
    if (Number.isFinite(bound)) parameters.push(`--${name}`, String(bound));
  const child = fork(import.meta.filename, parameters);
  const { last, died } = await lastWord(child);
  const growth = ((last.growth ?? 0) / 1024 / 1024).toFixed(1);
  const rate = (last.packets / last.seconds).toFixed(0);
  console.log(
    `${target.name.padEnd(9)} ${String(last.inputs)} inputs, ${String(last.packets)} packets in ` +
      `${last.seconds.toFixed(1)} s (${rate}/s), heap ${growth} MB`,
  );
  if (last.finding !== undefined) return last.finding;
  if (died !== undefined) {
    const upTo = String(last.inputs + reportEvery);
    return `${died} after input ${String(last.inputs)}; again: npm run fuzz -- --target ${target.name} --seed ${seed} --inputs ${upTo}`;
  }
  return (last.growth ?? 0) > mostGrowth ? `The heap grew by ${growth} MB.` : undefined;
}

function lastWord(child: ChildProcess): Promise<{ last: Progress; died: string | undefined }> {
  return new Promise((resolve) => {
    let last: Progress = { inputs: 0, packets: 0, seconds: 0 };
    let isSilent = false;
    const end = (): void => {
      isSilent = true;
      child.kill('SIGKILL');
    };
    let alarm = setTimeout(end, longestStart);
    child.on('message', (progress) => {
      last = progress as Progress;
      clearTimeout(alarm);
      alarm = setTimeout(end, longestSilence);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(alarm);
      const how = isSilent ? 'It hangs' : `It ended with ${String(signal ?? code)}`;
      resolve({ last, died: last.done === true ? undefined : how });
    });
  });
}

const { bounds, isChild, seed, targets } = readArguments();
const [first] = targets;
if (isChild && first) await runChild(first, seed, bounds);
else {
  console.log(`seed ${seed}`);
  for (const target of targets) {
    const finding = await watchChild(target, seed, bounds);
    if (finding === undefined) continue;
    console.error(`FOUND in ${target.name}: ${finding}`);
    process.exitCode = 1;
  }
}
