import Table from "cli-table3";
import { escapeControls } from "../telemetry/escape.ts";

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

/** A table without borders. */
export function printTable(
  stream: Pick<NodeJS.WritableStream, "write">,
  columns: Column[],
  rows: string[][],
): void {
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
