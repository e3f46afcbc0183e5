/** A line without what a terminal or a collector of logs put round it. */
export type PlainLine = {
  /** The text to judge and to show: without escapes of a terminal, without the time before it. */
  text: string;
  /** The time that the line begins with, as it is written, with the blank behind it; else empty. */
  time: string;
};

/**
 * Colours and other escapes of a terminal, also with the escape written as `^[`; a window's title; a carriage return at the
 * end. Each part is bounded, so that no text costs more than its length.
 */
const ESCAPES =
  // oxlint-disable-next-line no-control-regex
  /(?:\u001B|\^\[)\[[\d;:?]{0,40}[ -/]{0,4}[@-~]|\u001B\][^\u0007\u001B]{0,200}(?:\u0007|\u001B\\)|\r$|^\uFEFF/g;
/** A job and a step in front, as the `gh` program prints them, then a time, with or without brackets. */
const LEAD =
  /^(?:[^\t\n]{1,100}\t[^\t\n]{1,100}\t\uFEFF?)?\[?\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?\]?(?:[ \t]|$)/;

/** The lines of a text, without an empty last one. Linear. */
export function plainLines(text: string): PlainLine[] {
  const lines = text.split("\n").map(plainLine);
  if (lines.at(-1)?.text === "") lines.pop();
  return lines;
}

function plainLine(line: string): PlainLine {
  const text = line.replace(ESCAPES, "");
  const [time = ""] = LEAD.exec(text) ?? [];
  return { text: time === "" ? text : text.slice(time.length), time };
}
