/** Dialogs of a browser that wait for a person. */
import type { Frame } from './frame.ts';
import type { Screen } from './screen.ts';
import { until } from './until.ts';

/** What a person does with one dialog. */
export interface Answer {
  /** The name under which the picture is kept. */
  readonly show: string;
  /** Typed into the fields of the dialog, in order. */
  readonly fields?: readonly string[];
  readonly press: 'Return' | 'Escape';
}

const DIALOG_LIMIT_SECONDS = 90;
const STILL_LIMIT_SECONDS = 5;

/** The filled blue of the default button, in both browsers; a dialog that only waits for a touch has none. */
const DEFAULT_BUTTON_PIXELS = 1500;
const isDefaultButton = (red: number, green: number, blue: number): boolean =>
  red <= 30 && green >= 60 && green <= 115 && blue >= 170;

/** More than a caret, a dot or a shade: another dialog. */
const OTHER_DIALOG_PIXELS = 4000;

/** Answers the dialogs that a ceremony brings up, one after another, and waits for the ceremony. */
export async function answerDialogs<T>(
  screen: Screen,
  ceremony: Promise<T>,
  answers: readonly Answer[],
): Promise<T> {
  let answered: Frame | undefined;
  for (const answer of answers) {
    await beforeTheEnd(ceremony, waitForDialog(screen, answered), answer.show);
    answered = await fillIn(screen, answer);
    await screen.press(answer.press);
  }
  return ceremony;
}

/** A person who leaves one dialog after another until the ceremony is over. */
export async function closeDialogs(screen: Screen, ceremony: Promise<unknown>, show: string): Promise<void> {
  let over = false;
  const end = (): void => void (over = true);
  ceremony.then(end, end);
  await until('end of the ceremony', DIALOG_LIMIT_SECONDS, async () => {
    // A dialog that waits for a key never stands still.
    if (!over) await screen.settle(STILL_LIMIT_SECONDS).catch(() => undefined);
    if (over) return true;
    screen.capture(show);
    await screen.press('Escape');
    return undefined;
  });
}

async function beforeTheEnd(ceremony: Promise<unknown>, dialog: Promise<void>, name: string): Promise<void> {
  const early = ceremony.then((result) => {
    throw new Error(`no dialog “${name}”: the ceremony ended with ${JSON.stringify(result)}`);
  });
  early.catch(() => undefined);
  dialog.catch(() => undefined);
  await Promise.race([early, dialog]);
}

async function waitForDialog(screen: Screen, answered: Frame | undefined): Promise<void> {
  await screen.waitUntil('dialog that asks', DIALOG_LIMIT_SECONDS, (look) => {
    const isOther = answered === undefined || look.differences(answered) >= OTHER_DIALOG_PIXELS;
    return isOther && look.count(isDefaultButton) >= DEFAULT_BUTTON_PIXELS;
  });
  await screen.settle();
}

/** Answers what the dialog looked like when it was filled in. */
async function fillIn(screen: Screen, answer: Answer): Promise<Frame> {
  for (const [index, text] of (answer.fields ?? []).entries()) {
    if (index > 0) await screen.press('Tab');
    await screen.type(text);
  }
  if (answer.fields !== undefined) await screen.settle();
  screen.capture(answer.show);
  return screen.frame();
}
