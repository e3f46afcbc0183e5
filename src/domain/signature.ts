/**
 * What the messages of one error have in common: each word that differs from one occurrence to the next is `<*>`, and a
 * stack trace is its exceptions and the first frame of the application. Numbers that name an error (`status 503`) and names
 * of classes stay. Linear in the text's length.
 */
export function signatureOf(message: string): string {
  return withoutFrames(message)
    .replace(TIMESTAMP, HOLE)
    .replace(QUOTED, maskQuoted)
    .replace(WORD, (all: string, naming: string | undefined) =>
      naming === undefined ? maskWord(all) : all,
    )
    .replace(HOLES, HOLE);
}

const HOLE = "<*>";
/** A list of values, of any length, is one. */
const HOLES = /<\*>(?:[ \t]{0,3}[-,;/:.+@#|]?[ \t]{0,3}<\*>)+/g;
const TIMESTAMP =
  /\b\d{4}[-/.]\d{2}[-/.]\d{2}(?:[T ,]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?|\b\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?\b/g;
/** Within one line; an apostrophe inside a word does not open a quote. A colon behind it makes it the key of a value. */
const QUOTED =
  /("[^"\r\n]{0,400}"|(?<![\w])'[^'\r\n]{0,400}'(?![\w])|`[^`\r\n]{0,400}`)([ \t]?:)?/g;
/** Digits with the word before them that makes them the name of an error, or any run without blanks and brackets. */
const WORD =
  /\b((?:status|state|code|errno|error|exit|signal|sqlstate|http(?:\/[\d.]{1,3})?)["']?[ \t]{0,3}[:=]?[ \t]{0,3}\d{1,6}\b)|[^\s()[\]{}<>,;="'`]+/gi;

/** A key stays, and so does what says what happened, whose words are masked one by one; other values do not. */
function maskQuoted(
  _: string,
  quoted: string,
  colon: string | undefined,
  at: number,
  message: string,
): string {
  if (colon !== undefined) return quoted + colon;
  const before = message.slice(Math.max(0, at - 20), at);
  return SENTENCE.test(quoted) || SAYING.test(before) ? quoted : HOLE;
}
const SENTENCE = /[a-z]+[ ][a-z]+[ ][a-z]/i;
/** The key of a value that says what happened, as in `"msg": "`. */
const SAYING =
  /\b(?:msg|message|error|reason|exception|type|code|event|cause|title|level)["']?[ \t]?[:=][ \t]?$/i;

const ENDS = ".:!?";

function maskWord(word: string): string {
  let end = word.length;
  while (end > 0 && ENDS.includes(word.charAt(end - 1))) end--;
  let start = 0;
  while (start < end && ENDS.includes(word.charAt(start))) start++;
  const inner = word.slice(start, end);
  return word.slice(0, start) + masked(inner) + word.slice(end);
}

function masked(word: string): string {
  if (HOST.test(word)) return HOLE;
  if (word.includes("/")) return word.split("/").map(maskPart).join("/");
  return maskPart(word);
}

/** A part of a path, or a whole word. */
function maskPart(part: string): string {
  return /\d/.test(part) && !CLASS.test(part) ? HOLE : part;
}

/** `com.example.v2.S3Exception`, `Http2Error`: a digit or two inside a name with letters of both cases behind its dots. */
const CLASS = /^(?:[a-z_$][\w$]{0,80}\.){0,20}[A-Z][A-Za-z$]{0,80}\d{0,2}[A-Za-z_$]{0,80}[a-z]$/;
const HOST =
  /^(?=[a-z\d])[a-z\d.-]{1,253}\.(?:com|net|org|io|local|internal|lan|corp|cloud|svc|home|intra|example)(?::\d{1,5})?$/i;

/** Frames as Java, .NET, JavaScript and Python print them, and the count of those that are not printed. */
const FRAME =
  /^[ \t]+(?:at [^\r\n]*|File "[^"\r\n]*", line \d+[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)?|\.{3} \d+ (?:more|common frames omitted))(?:\r?\n|$)/gm;
/** Whose code is below that of any application. */
const RUNTIME =
  /^[ \t]+at (?:java|javax|jdk|sun|com\.sun|jakarta|kotlin|scala|System|Microsoft|node:|internal\/|new Promise|async Promise)[.:/]?/;

/** Without the frames of a stack trace, whose number and lines differ, except the first one that is no runtime's. */
function withoutFrames(message: string): string {
  if (!message.includes("\n")) return message;
  let kept = false;
  return message.replace(FRAME, (frame) => {
    if (kept || RUNTIME.test(frame)) return "";
    kept = true;
    return `${frame.replace(LINE_NUMBER, "").trim()}\n`;
  });
}
const LINE_NUMBER = /[:(][^():\r\n]{0,200}:\d{1,7}(?::\d{1,7})?\)?|, line \d+/g;
