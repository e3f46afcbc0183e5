import type { Fault } from "../domain/faults.ts";
import { gapsLine, type Gap } from "../domain/partial.ts";
import { escapeControls } from "../telemetry/escape.ts";

export type Writable = Pick<NodeJS.WritableStream, "write">;

export function printLine(stream: Writable, text: string): void {
  stream.write(`${escapeControls(text)}\n`);
}

export function printJson(stream: Writable, value: unknown): void {
  printLine(stream, JSON.stringify(value));
}

export function percent(ratio: number): string {
  // A coverage that only rounds to 100 % is incomplete.
  const shown = ratio < 1 && ratio >= 0.9995 ? 99.9 : ratio * 100;
  return `${shown.toFixed(1)} %`;
}

/** Nothing where nothing was missing. */
export function printGaps(stream: Writable, gaps: readonly Gap[]): void {
  const unseen = gapsLine(gaps);
  if (unseen === undefined) return;
  printLine(stream, `There may be more, because the answer is incomplete: ${unseen}.`);
}

export function printEnding(stream: Writable, fault: Fault | undefined): void {
  if (!fault) return;
  printLine(stream, `It ended early: ${fault.message}${fault.hint ? `. ${fault.hint}` : ""}`);
}

/** Loads the library of the bar only where there is one to show. */
export async function openProgressBar(stream: NodeJS.WriteStream) {
  if (!stream.isTTY) return undefined;
  const { createProgressBar } = await import("./progress-bar.ts");
  return createProgressBar(stream);
}
