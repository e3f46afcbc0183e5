import { kindOf } from "./names.ts";
import type { Spans } from "./spans.ts";

const COLUMNS = /\binto\s+[\w."`[\]$]{1,130}\s*\(([^()]{1,2000})\)\s*values?\s*(?=\()/gi;
const ROW = /\s*,?\s*\(/y;
const VALUE =
  /\s*(?:N?'((?:[^'\\]|''|\\.){0,4096})'|"((?:[^"\\]|\\.){0,4096})"|[^,()'"]{0,256}(?:\([^()]{0,256}\))?)\s*(,|\)|$)/y;
const MOST_ROWS = 100;

/** INSERT INTO users (name, password) VALUES ('bob', 'x'): the columns' names say which values are secret. */
export function findInserted(text: string, spans: Spans): void {
  COLUMNS.lastIndex = 0;
  for (let insert; (insert = COLUMNS.exec(text));) {
    const secret = (insert[1] ?? "").split(",").map((column) => {
      const kind = kindOf(column.replace(/["`[\]\s]/g, ""));
      return kind === "password" || kind === "secret" || kind === "token";
    });
    if (secret.includes(true))
      COLUMNS.lastIndex = findInRows(text, COLUMNS.lastIndex, secret, spans);
  }
}

function findInRows(text: string, from: number, secret: readonly boolean[], spans: Spans): number {
  let at = from;
  for (let row = 0; row < MOST_ROWS; row += 1) {
    ROW.lastIndex = at;
    if (!ROW.test(text)) return at;
    at = ROW.lastIndex;
    for (const isSecret of secret) {
      VALUE.lastIndex = at;
      const value = VALUE.exec(text);
      if (!value) return at;
      const [all, single, double, end] = value;
      const written = single ?? double;
      if (isSecret && written !== undefined && written !== "") {
        const start = at + all.search(/['"]/) + 1;
        spans.add(start, start + written.length);
      }
      at = VALUE.lastIndex;
      if (end !== ",") break;
    }
  }
  return at;
}
