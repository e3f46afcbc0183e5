import type { TestContext } from "node:test";
import type { OpenSearchVersion } from "../../scripts/local-servers/opensearch.ts";
import { z } from "zod";
import { signer, textHash } from "./fakes/signer.ts";
import { vectorProperties } from "../../src/adapters/opensearch/mapping.ts";
import {
  DIMENSIONS,
  errorLog,
  LOG_PROPERTIES,
  openFixture,
  type OpenSearchFixture,
} from "./servers/open-search-fixture.ts";
import { runVectorizer, temporaryFolder } from "./commands/run-command.ts";

type Json = Record<string, unknown>;

const VECTOR = {
  field: "log_vector",
  metaField: "log_vector_meta",
  dimensions: DIMENSIONS,
  engine: "lucene",
  spaceType: "cosinesimil",
};

/** Logs with the vector and its stamp mapped, as it is after a first cycle. */
export const MARK_MAPPINGS = {
  properties: { ...LOG_PROPERTIES, ...vectorProperties(VECTOR, true) },
};

/** A log that was refused once, `minutes` after a fixed point in time. */
export function refusedLog(minutes: number, message = "poison", changes: Json = {}): Json {
  const mark = {
    skipped: "refused",
    attempts: 1,
    error: `no such language ${minutes}`,
    field: "message",
    text_hash: textHash(message),
    next_try: "2999-01-01T00:00:00.000Z",
  };
  return { ...errorLog(message, minutes), log_vector_meta: { ...mark, ...changes } };
}

/** Signs the marks of documents as they are filled in. */
async function signing(fixture: OpenSearchFixture, short: string) {
  const answer = await fixture.send("GET", `/${fixture.name(short)}/_settings`);
  const { index } = z
    .record(z.string(), z.object({ settings: z.object({ index: z.object({ uuid: z.string() }) }) }))
    .transform((all) => all[fixture.name(short)]?.settings ?? { index: { uuid: "" } })
    .parse(answer);
  return (log: Json, i: number): Json => {
    const { log_vector_meta: mark } = log;
    if (mark === undefined) return log;
    const record = { indexUuid: index.uuid, id: String(i) };
    return { ...log, log_vector_meta: signer.signMark(record, Object(mark)) };
  };
}

/** An index "logs" with these documents, and a command that uses it with one state directory. */
export async function openMarked(
  t: TestContext,
  version: OpenSearchVersion,
  { logs, settings = {} }: { logs: readonly Json[]; settings?: Json },
) {
  const fixture = await openFixture(t, version);
  await fixture.create(fixture.name("logs"), { mappings: MARK_MAPPINGS, settings });
  await fixture.fill(fixture.name("logs"), logs.map(await signing(fixture, "logs")));
  const state = await temporaryFolder(t);
  const env = { ...fixture.env, STATE_DIR: state };
  return { fixture, state, run: (args: readonly string[]) => runVectorizer(t, args, { env }) };
}
