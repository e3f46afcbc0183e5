import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import type { OpenSearchVersion } from "../../scripts/local-servers/opensearch.ts";
import type { OpenSearchFixture } from "./servers/open-search-fixture.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/field-cases");

const json = z.record(z.string(), z.unknown());
const caseShape = z.looseObject({
  indices: z.record(
    z.string(),
    z.object({
      settings: json,
      mappings: json,
      docs: z.array(json),
      /** So many of the first document, each `N` in its message a number. */
      docs_generated: z.number().optional(),
      /** Set once the documents are there. */
      then_settings: json.optional(),
    }),
  ),
  /** The first major version that knows the settings. */
  since: z.number().default(2),
  env: z.record(z.string(), z.string()).default({}),
  cluster_settings: json.optional(),
  node_setting: z.record(z.string(), z.unknown()).optional(),
  /** Statuses by `METHOD path`, either with `*`. */
  proxy: z.record(z.string(), z.number()).optional(),
  run: z.array(z.string()).default([]),
  expect: z.object({
    /** Patterns of the reasons, by index. */
    unfit: z.record(z.string(), z.string()).default({}),
    /** Pattern of what is said to fix them. */
    fix: z.string().optional(),
    /** Documents with a vector after the run, by index; of those not named: none. */
    vectors: z.record(z.string(), z.number()),
    /** Of the run. Default: 0 where there are vectors, else 1. */
    exit: z.number().optional(),
    /** Of `check`, where it is red for what a run only warns of. Default: as the run. */
    check_exit: z.number().optional(),
    /** Records that a search compares, by index. */
    search: z.record(z.string(), z.number()).optional(),
  }),
});

/** A mapping, a setting or a cluster that somebody met in the field, or a sibling of one. */
export type FieldCase = { name: string } & z.infer<typeof caseShape>;

/** Those of this folder that say what is expected by index, for that version. */
export function readFieldCases(version: OpenSearchVersion): FieldCase[] {
  const major = Number(version.split(".")[0]);
  return readdirSync(FOLDER)
    .toSorted()
    .flatMap((file) => {
      const parsed = caseShape.safeParse(JSON.parse(readFileSync(join(FOLDER, file), "utf8")));
      return parsed.success ? [{ name: basename(file, ".json"), ...parsed.data }] : [];
    })
    .filter(({ since }) => since <= major);
}

/** Creates the indices of a case under names of the fixture, and fills them. */
export async function setUpFieldCase(fixture: OpenSearchFixture, one: FieldCase): Promise<void> {
  for (const [name, given] of Object.entries(one.indices)) {
    const { settings, mappings, docs, docs_generated: count, then_settings: then } = given;
    const index = nameIn(fixture, name);
    await fixture.send("PUT", `/${index}`, { settings, mappings });
    await fixture.fill(index, count === undefined ? docs : generated(docs[0] ?? {}, count));
    if (then) await fixture.send("PUT", `/${index}/_settings`, then);
  }
}

function generated(doc: Record<string, unknown>, count: number): Record<string, unknown>[] {
  const { message } = doc;
  return Array.from({ length: count }, (_, i) => ({
    ...doc,
    message: typeof message === "string" ? message.replace("N", String(i)) : message,
  }));
}

/** `t_logs` as this fixture's own. */
export function nameIn(fixture: OpenSearchFixture, name: string): string {
  return fixture.name(name.replace(/^t_/, ""));
}
