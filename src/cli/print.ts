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
