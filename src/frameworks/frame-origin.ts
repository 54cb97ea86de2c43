import type { Frame } from '@playwright/test';

/** A document as the browser's side of Playwright sees it, whatever its own scripts say. */
export interface FramePlace {
  /** `null` if the frame has none, e.g. of a `data:` URL. */
  readonly origin: string;
  /** Some document above it has another origin. */
  readonly crossOrigin: boolean;
  readonly topOrigin: string;
}

/** Documents without an address of their own have the origin of the one above them. */
function originOf(frame: Frame): string {
  const parent = frame.parentFrame();
  const url = URL.canParse(frame.url()) ? new URL(frame.url()) : undefined;
  if (url !== undefined && (url.protocol !== 'about:' || !parent)) return url.origin;
  return parent ? originOf(parent) : 'null';
}

export function placeOf(frame: Frame): FramePlace {
  const origin = originOf(frame);
  let crossOrigin = false;
  let top = frame;
  for (let above = frame.parentFrame(); above; above = above.parentFrame()) {
    top = above;
    crossOrigin ||= originOf(above) !== origin;
  }
  return { origin, crossOrigin, topOrigin: originOf(top) };
}

/** Whether the `allow` attributes give a cross-origin frame a feature, for browsers that do not say it themselves. */
export async function isDelegated(frame: Frame, feature: string): Promise<boolean> {
  for (let child: Frame | null = frame; child?.parentFrame(); child = child.parentFrame()) {
    const element = await child.frameElement();
    const allow = (await element.getAttribute('allow')) ?? '';
    const features = allow.split(';').map((part) => part.trim().split(/\s+/)[0]);
    if (originOf(child) !== originOf(child.parentFrame() ?? child) && !features.includes(feature))
      return false;
  }
  return true;
}
