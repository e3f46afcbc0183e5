import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { importedBy, readSources } from "./imports.ts";

/**
 * How large the house is and how easily one finds the way in it: `node scripts/rooms/measure.ts` prints the
 * figures of that.
 */
export type Measured = {
  files: number;
  lines: number;
  rooms: number;
  looseFiles: number;
  /** Files of at most 80 lines that one other file imports. */
  scraps: number;
  privateWords: number;
  /** Files outside adapters, config, cli and app with words of OpenSearch, and of Kafka. */
  openSearchFiles: number;
  kafkaFiles: number;
  /** Files that set the outcome of a record. */
  outcomeFiles: number;
  readmeBytes: number;
};

const MAX_SCRAP_LINES = 80;
const PRIVATE =
  /\b(?:whoever|nobody(?:'s)?|anew|mend(?:s|ed)?|(?:kept|put|set) aside|keptAside|under ?way|lately)\b/gi;
const EDGES = /^src\/(?:adapters|config|cli|app)\//;
const OPENSEARCH = /routing|seq_no|seqNo|primary_term|primaryTerm|shard(?!_?key| key)|_mget/i;
const KAFKA = /partition|offset|consumer group/i;
const SETS_OUTCOME = /\boutcome(?:Of|s)\.set\(/;

export async function measure(checkout: string): Promise<Measured> {
  const texts = await readSources(checkout);
  const importers = importersOf(texts);
  const entries = [...texts];
  const lines = (text: string) => text.split("\n").length - 1;
  const count = (isOne: (file: string, text: string) => boolean) =>
    entries.filter(([file, text]) => isOne(file, text)).length;
  const inside = (file: string) => !EDGES.test(file);
  return {
    files: texts.size,
    lines: entries.reduce((sum, [, text]) => sum + lines(text), 0),
    rooms: new Set(
      entries
        .map(([file]) => file.split("/"))
        .filter((p) => p.length > 2)
        .map((p) => p[1]),
    ).size,
    looseFiles: count((file) => file.split("/").length === 2),
    scraps: count(
      (file, text) => lines(text) <= MAX_SCRAP_LINES && importers.get(file)?.size === 1,
    ),
    privateWords: entries.reduce((sum, [, text]) => sum + [...text.matchAll(PRIVATE)].length, 0),
    openSearchFiles: count((file, text) => inside(file) && OPENSEARCH.test(text)),
    kafkaFiles: count((file, text) => inside(file) && KAFKA.test(text)),
    outcomeFiles: count((_, text) => SETS_OUTCOME.test(text)),
    readmeBytes: Buffer.byteLength(await readFile(join(checkout, "README.md"), "utf8")),
  };
}

function importersOf(texts: ReadonlyMap<string, string>): Map<string, Set<string>> {
  const importers = new Map<string, Set<string>>();
  for (const [file, text] of texts) {
    for (const imported of importedBy(file, text)) {
      importers.set(imported, (importers.get(imported) ?? new Set()).add(file));
    }
  }
  return importers;
}

if (import.meta.main) {
  console.log(JSON.stringify(await measure(resolve(import.meta.dirname, "../..")), null, 2));
}
