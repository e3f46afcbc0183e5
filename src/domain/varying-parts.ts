/** A part of a text, and whether it differs from one occurrence of its error to the next. */
export type TextPart = { text: string; varies: boolean };

/** As templates write what varies. */
const HOLE = "<*>";

/**
 * The text in parts, in order and nothing left out, by the template that its error has. What the template says is looked for
 * from left to right, so a text of another template ends in one part that does not vary. Linear in the text's length.
 */
export function varyingParts(text: string, template: string): TextPart[] {
  const parts: TextPart[] = [];
  const take = (end: number, varies: boolean) => {
    const part = text.slice(at, end);
    at = end;
    const last = parts.at(-1);
    if (part === "") return;
    if (last?.varies === varies) last.text += part;
    else parts.push({ text: part, varies });
  };
  let at = 0;
  const pieces = template.split(HOLE);
  for (const [i, piece] of pieces.entries()) {
    // Lines that the template leaves out, such as frames of a stack, stand between its own.
    const lines = piece.split("\n");
    for (const [j, line] of lines.entries()) {
      const isValue = i > 0 && j === 0;
      if (line.trim() === "") {
        // A value at the end of a line goes on to there.
        if (isValue && (lines.length > 1 || i === pieces.length - 1)) take(lineEnd(text, at), true);
        continue;
      }
      const found = text.indexOf(line, at);
      if (found === -1) {
        take(text.length, false);
        return parts;
      }
      take(found, isValue);
      take(found + line.length, false);
    }
  }
  take(text.length, false);
  return parts;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}
