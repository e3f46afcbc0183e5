import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { z } from "zod";

const unzip = promisify(gunzip);
const RAW = "raw.log.gz";

const truthShape = z.object({
  required_signals: z.array(
    z.object({
      type: z.string(),
      importance: z.enum(["critical", "important", "optional"]),
      /** First and last line, from 1. */
      evidence_lines: z.array(z.tuple([z.int(), z.int()])),
    }),
  ),
  expected_diagnosis: z.object({ must_mention: z.array(z.string()) }),
});

/** A failure of continuous integration: its log, and which of its lines an explanation has to cite. */
export type LogdxCase = { name: string; text: string; truth: z.infer<typeof truthShape> };

/**
 * The cases of LogDx-CI under `folder`/logdx, by name; none where it is not there. Throws where a ground_truth.json is of
 * another shape.
 */
export async function readLogdx(folder: string): Promise<LogdxCase[]> {
  const cases = join(folder, "logdx", "cases");
  if (!existsSync(cases)) return [];
  const found = (await readdir(cases, { recursive: true })).filter((path) => path.endsWith(RAW));
  return Promise.all(
    found.toSorted().map(async (path) => {
      const name = dirname(path);
      const truth = await readFile(join(cases, name, "ground_truth.json"), "utf8");
      const text = await unzip(await readFile(join(cases, path)));
      return { name, text: text.toString("utf8"), truth: truthShape.parse(JSON.parse(truth)) };
    }),
  );
}
