import { bodyOf, parse, placeOf } from './mutants.ts';
import ts from 'typescript';

/** The same source, with a word to the recorder at the top of the file and of each function. */
export function withRecording(file: string, code: string): string {
  const source = parse(file, code);
  const pieces: { readonly at: number; readonly text: string }[] = [
    { at: code.length, text: `\n;${wordOf(placeOf(file))};` },
  ];
  const visit = (node: ts.Node): void => {
    const body = bodyOf(node);
    if (body) {
      const word = wordOf(placeOf(file, body.getStart(source)));
      if (ts.isBlock(body)) pieces.push({ at: body.getStart(source) + 1, text: `${word};` });
      else {
        pieces.push({ at: body.getStart(source), text: `(${word},(` });
        pieces.push({ at: body.getEnd(), text: '))' });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  // From the end, so that the places before stay where they are; what was found later at one place goes inside.
  const ordered = pieces.map((piece, order) => ({ ...piece, order }));
  ordered.sort((one, other) => other.at - one.at || one.order - other.order);
  return ordered.reduce((text, { at, text: piece }) => text.slice(0, at) + piece + text.slice(at), code);
}

function wordOf(place: string): string {
  return `globalThis.fauxkeyReached?.add(${JSON.stringify(place)})`;
}
