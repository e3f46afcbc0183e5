import { readLevel } from "../../src/domain/log-format/level.ts";

const PIECES: readonly RegExp[] = [
  // Indented, closing a bracket, or blank.
  /^\s|^[)\]}]+[,;]?$|^$/,
  // Java and its kin, .NET
  /^(?:Caused by|Suppressed|Wrapped by): |^\.\.\. \d+ more|^at [\w$.<]+|^--- (?:End of|>)/,
  /^(?:[\w$]+[./])*[\w$]*(?:Exception|Error|Throwable|Failure)(?::\s|$)/,
  // Python
  /^(?:During handling of the above exception|The above exception was the direct cause)/,
  // Go
  /^goroutine \d+ \[|^created by |^exit status \d+|^\[signal |^[\w./*()-]+\(.*\)$/,
  // Ruby
  /^(?:from )?(?:[\w-]+ \([\w.]+\) )?\/?[\w./-]+\.rb:\d+:in /,
  // Android says which process it was.
  /^Process: [\w.:]+, PID: \d+/,
];

/** What begins a trace, after a record or without one. */
const TRACE_HEADS =
  /^(?:Traceback \(most recent call last\):|Exception in thread |Unhandled [Ee]xception|panic: |fatal error: |http: panic serving )/;

/** True where a line looks like a part of a stack trace, and so goes on with the record above. */
export function isTracePiece(line: string): boolean {
  return PIECES.some((piece) => piece.test(line));
}

export function isTraceHead(line: string): boolean {
  return TRACE_HEADS.test(line);
}

const CHAINED = /(?:exception occurred|direct cause of the following exception):\s*$/;

/** Whether a trace that begins on a line of its own is this error's: it has none yet, or Python says that one led to it. */
export function awaitsTrace(message: string): boolean {
  return CHAINED.test(message) || !message.split("\n").some((line) => isTraceHead(line));
}

const SEVERE = new Set(["ERROR", "CRITICAL", "ALERT", "FATAL", "PANIC", "EMERGENCY"]);

/** A trace belongs to the error that was logged just before it. */
export function mayBearTrace(level: string | undefined): boolean {
  return SEVERE.has(readLevel(level, "level") ?? "");
}
