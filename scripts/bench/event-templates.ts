import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messagePattern } from "../../src/search/group-hits.ts";

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
  const path = join(folder, `${file}_structured.csv`);
  if (!existsSync(path)) {
    const masked = messages.map((message): [string, string] => [message, messagePattern(message)]);
    return { truth: "masked", templateOf: new Map(masked) };
  }
  const [head = [], ...rows] = readCsv(await readFile(path, "utf8"));
  const [content, event] = [head.indexOf("Content"), head.indexOf("EventId")];
  const pairs = rows.map((row): [string, string] => [row[content] ?? "", row[event] ?? ""]);
  return { truth: "loghub", templateOf: new Map(pairs.filter(([message]) => message !== "")) };
}

/** RFC 4180: a field in quotes may hold commas, line ends and doubled quotes. */
function readCsv(text: string): string[][] {
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
