import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { signatureOf } from "../../src/domain/signature.ts";

/** A log's messages, each once, with the name of the template that it was made of. */
export type Templated = { truth: "loghub" | "masked"; templateOf: Map<string, string> };

/**
 * By people, where loghub's `<file>_structured.csv` lies beside the log; else what is left of a message without what
 * varies, by the rules of this program.
 */
export async function readTemplates(
  folder: string,
  file: string,
  messages: readonly string[],
): Promise<Templated> {
  const lines = await readStructured(folder, file);
  if (lines === undefined) {
    const masked = messages.map((message): [string, string] => [message, signatureOf(message)]);
    return { truth: "masked", templateOf: new Map(masked) };
  }
  const templates = lines.map(({ message, template }): [string, string] => [message, template]);
  return { truth: "loghub", templateOf: new Map(templates) };
}

type StructuredLine = { message: string; template: string };

/** The lines of a log with the templates that people found in it, where loghub's `<file>_structured.csv` lies beside it. */
export async function readStructured(
  folder: string,
  file: string,
): Promise<StructuredLine[] | undefined> {
  const path = join(folder, `${file}_structured.csv`);
  if (!existsSync(path)) return undefined;
  const [head = [], ...rows] = readCsv(await readFile(path, "utf8"));
  const [content, event] = [head.indexOf("Content"), head.indexOf("EventId")];
  return rows
    .map((row) => ({ message: row[content] ?? "", template: row[event] ?? "" }))
    .filter(({ message }) => message !== "");
}

/** RFC 4180: a field in quotes may hold commas, line ends and doubled quotes. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = "", end] of text.matchAll(FIELD)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g;
