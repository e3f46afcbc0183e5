import Table from "cli-table3";
import { escapeControls } from "../observability/escape.ts";

type Writable = Pick<NodeJS.WritableStream, "write">;

export function printLine(stream: Writable, text: string): void {
  stream.write(`${escapeControls(text)}\n`);
}

/** Exactly one JSON object and a newline. */
export function printJson(stream: Writable, value: unknown): void {
  printLine(stream, JSON.stringify(value));
}

export type Column = { head: string; align?: "right" };

const NO_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** A table without lines, its columns as wide as what stands in them. */
export function printTable(stream: Writable, columns: Column[], rows: string[][]): void {
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align }) => align ?? "left"),
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows.map((row) => row.map(escapeControls)));
  const lines = table.toString().split("\n");
  stream.write(`${lines.map((line) => line.trimEnd()).join("\n")}\n`);
}

export function percent(ratio: number): string {
  // A coverage that only rounds to 100 % is not complete.
  const shown = ratio < 1 && ratio >= 0.9995 ? 99.9 : ratio * 100;
  return `${shown.toFixed(1)} %`;
}
