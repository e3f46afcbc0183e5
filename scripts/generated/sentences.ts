import { glob, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseSync } from "oxc-parser";
import type { GeneratedFile } from "./block.ts";

const CHECKOUT = resolve(import.meta.dirname, "../..");

/** Lists of words, settings, metrics and schemas: no messages, or listed in docs/reference. */
const LISTED_ELSEWHERE = [
  /^src\/domain\/(redaction|log-format)\//,
  /^src\/config\/([a-z]+-)?settings\.ts$/,
  /^src\/telemetry\/(event-actions|metrics\/definitions)\.ts$/,
];
const HEAD =
  "Every sentence of the program that a person may read, by the file that has it. Written by npm run generate; read it aloud\n" +
  "before you commit it: a message says what happened, what that means for the data, and what to do.";

/** The texts of at least three words in the sources; what is filled in stands in braces. */
export const SENTENCES_FILE: GeneratedFile = {
  file: "test/fixtures/messages/sentences.txt",
  text: await readSentences(),
};

async function readSentences(): Promise<string> {
  const files = (await Array.fromAsync(glob("src/**/*.ts", { cwd: CHECKOUT }))).toSorted();
  const parts = [HEAD];
  for (const file of files.filter((one) => !LISTED_ELSEWHERE.some((each) => each.test(one)))) {
    const source = await readFile(join(CHECKOUT, file), "utf8");
    const sentences = [...new Set(sentencesIn(file, source))];
    if (sentences.length > 0) parts.push([file, ...sentences.map((one) => `  ${one}`)].join("\n"));
  }
  return `${parts.join("\n\n")}\n`;
}

type Node = { type: string; start: number; end: number } & Record<string, unknown>;

function sentencesIn(file: string, source: string): string[] {
  const found: string[] = [];
  const add = (texts: string[], text: string) => {
    if (/\S \S+ \S/.test(texts.join("…"))) found.push(text.replaceAll("\n", String.raw`\n`));
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (!isNode(value)) return;
    if (value.type === "ImportDeclaration" || isSchemaText(value)) return;
    if (value.type === "Literal" && typeof value["value"] === "string") {
      return add([value["value"]], value["value"]);
    }
    if (value.type === "TemplateLiteral") {
      const texts = nodesIn(value["quasis"]).map(cookedText);
      const filled = nodesIn(value["expressions"]).map(({ start, end }) =>
        source.slice(start, end),
      );
      add(texts, texts.map((text, i) => `${text}${placeholder(filled[i])}`).join(""));
    }
    for (const child of Object.values(value)) visit(child);
  };
  visit(parseSync(file, source).program.body);
  return found;
}

/** `.describe("…")` of a schema, and HTML. */
function isSchemaText({ type, callee }: Node): boolean {
  if (type === "TaggedTemplateExpression") return true;
  const name = isNode(callee) && isNode(callee["property"]) ? callee["property"]["name"] : "";
  return type === "CallExpression" && name === "describe";
}

function cookedText({ value }: Node): string {
  return typeof value === "object" && value !== null && "cooked" in value
    ? String(value.cooked)
    : "";
}

/** "{host}" of `url.host`, "{records}" of `count(n, "record")`; a longer expression is "{…}". */
function placeholder(expression: string | undefined): string {
  if (expression === undefined) return "";
  const counted = /^counte?d?\([^"]*, "([a-z ]+)"\)$/.exec(expression)?.[1];
  const name = /^(?:[\w.?!]*\.)?(\w+)(?:\(\))?$/.exec(expression)?.[1];
  return `{${counted === undefined ? (name ?? "…") : `n ${counted}`}}`;
}

function nodesIn(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
