import { readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { z } from "zod";
import { openBench } from "../bench/bench.ts";
import { withErrors } from "../bench/drain.ts";
import { runVectorizer } from "../bench/vectorizer.ts";

/**
 * Prints which files of src one record of a cycle visits, by room: `node scripts/rooms/visited.ts` runs `--once` over one record on
 * a real OpenSearch, and counts the files of which a function ran from the first request to the end.
 */
const CHECKOUT = resolve(import.meta.dirname, "../..");
const HOOK = resolve(import.meta.dirname, "visited-hook.ts");

await using stack = new AsyncDisposableStack();
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
const bench = await openBench(stack, {
  size: "quick",
  signal: interrupted.signal,
  say: (line) => console.error(line),
});
const report = join(bench.folder, "visited.json");
const measuring = {
  env: { VISITED_FILE: report },
  args: ["--import", HOOK],
  main: join(CHECKOUT, "src/main.ts"),
};
await withErrors(bench, 1, ({ name: index }) =>
  runVectorizer(bench, { args: ["--once"], index, delayMs: 0 }, measuring),
);
const files = z.array(z.string()).parse(JSON.parse(await readFile(report, "utf8")));
const visited = files.map((file) => relative(CHECKOUT, file)).toSorted();
const byRoom = Map.groupBy(visited, (file) => file.split("/").slice(1, 2).join(""));
console.log(
  JSON.stringify(
    {
      visited: visited.length,
      by_room: Object.fromEntries([...byRoom].map(([room, { length }]) => [room, length])),
      files: visited,
    },
    null,
    2,
  ),
);
