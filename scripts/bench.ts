import { resolve } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { openBench, type Bench, type Measured, type Row, type Size } from "./bench/bench.ts";
import { benchAnomalies } from "./bench/anomalies.ts";
import { benchBeside } from "./bench/beside.ts";
import { benchClient } from "./bench/client.ts";
import { benchCycle } from "./bench/cycle.ts";
import { benchDrain } from "./bench/drain.ts";
import { benchErrors } from "./bench/errors.ts";
import { benchExplain } from "./bench/explain.ts";
import { benchGroups } from "./bench/groups.ts";
import { benchHttp } from "./bench/http.ts";
import { benchMasks } from "./bench/masks.ts";
import { benchMemory } from "./bench/memory.ts";
import { benchModels } from "./bench/models.ts";
import { benchObserved } from "./bench/observed.ts";
import { benchPeer } from "./bench/peer.ts";
import { benchRepetitive } from "./bench/repetitive.ts";
import { benchReuse } from "./bench/reuse.ts";
import { benchSearch } from "./bench/search.ts";
import { benchSelect } from "./bench/select.ts";
import { benchStart } from "./bench/start.ts";
import { benchTail } from "./bench/tail.ts";
import { benchTexts } from "./bench/texts.ts";
import { runCommand } from "../src/adapters/process/run-command.ts";

type Measure = (bench: Bench) => Promise<Measured>;

/** Measured where nothing is named. */
const USUAL: Record<string, Measure> = {
  start: benchStart,
  cycle: benchCycle,
  drain: benchDrain,
  beside: benchBeside,
  client: benchClient,
  select: benchSelect,
  repetitive: benchRepetitive,
};
const ALL: Record<string, Measure> = {
  ...USUAL,
  tail: benchTail,
  reuse: benchReuse,
  texts: benchTexts,
  masks: benchMasks,
  search: benchSearch,
  groups: benchGroups,
  errors: benchErrors,
  models: benchModels,
  http: benchHttp,
  observed: benchObserved,
  memory: benchMemory,
  peer: benchPeer,
  anomalies: benchAnomalies,
  explain: benchExplain,
};

const USAGE = `Usage: npm run bench -- [NAME…] [--quick|--full]

Names: ${Object.keys(ALL).join(", ")}. Without a name: the first ${Object.keys(USUAL).length}.
Builds the service, starts its own servers, says on standard error what it does, and prints what it measured as JSON on
standard output and as a short table on standard error. --quick takes under a minute, --full has up to a million documents.`;

const CHECKOUT = resolve(import.meta.dirname, "..");
const BUILD_TIMEOUT_MS = 5 * 60_000;

type Options = { names: string[]; size: Size };

function readOptions(): Options | undefined {
  try {
    const flag = { type: "boolean" } as const;
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { quick: flag, full: flag },
    });
    if (positionals.some((name) => !Object.hasOwn(ALL, name))) return undefined;
    if (values.quick === true && values.full === true) return undefined;
    const names = positionals.length > 0 ? positionals : Object.keys(USUAL);
    return { names, size: values.quick ? "quick" : values.full ? "full" : "normal" };
  } catch {
    return undefined;
  }
}

async function main({ names, size }: Options): Promise<void> {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => interrupted.abort(new Error("interrupted")));
  }
  const { signal } = interrupted;
  await runCommand({
    program: process.execPath,
    args: ["scripts/build.ts"],
    folder: CHECKOUT,
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  await using stack = new AsyncDisposableStack();
  const bench = await openBench(stack, { size, signal, say: (line) => console.error(line) });
  const figures: Record<string, unknown> = { size };
  const rows: Row[] = [];
  for (const name of names) {
    const measured = await ALL[name]?.(bench);
    if (!measured) continue;
    figures[name] = measured.figures;
    rows.push(...measured.rows);
  }
  console.log(JSON.stringify(figures, null, 2));
  if (rows.length > 0) console.error(tableOf(rows));
}

function tableOf(rows: readonly Row[]): string {
  const table = new Table({
    head: ["", "measured", "beside it", "ratio"],
    style: { head: [], border: [] },
  });
  for (const { what, value, reference = "", ratio } of rows) {
    table.push([what, value, reference, ratio === undefined ? "" : String(ratio)]);
  }
  return table.toString();
}

const options = readOptions();
if (!options) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  try {
    await main(options);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
