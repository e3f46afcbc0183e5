import type { TestContext } from "node:test";
import type { OpenSearchVersion } from "../../scripts/local-servers/opensearch.ts";
import { textHash } from "./signer.ts";
import { vectorProperties } from "../../src/adapters/opensearch/mapping.ts";
import { DIMENSIONS, errorLog, LOG_PROPERTIES, openFixture } from "./open-search-fixture.ts";
import { runVectorizer, temporaryFolder } from "./run-command.ts";

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

/** An index "logs" with these documents, and a command that uses it with one state directory. */
export async function openMarked(
  t: TestContext,
  version: OpenSearchVersion,
  { logs, settings = {} }: { logs: readonly Json[]; settings?: Json },
) {
  const fixture = await openFixture(t, version);
  await fixture.create(fixture.name("logs"), { mappings: MARK_MAPPINGS, settings });
  await fixture.fill(fixture.name("logs"), logs);
  const state = await temporaryFolder(t);
  const env = { ...fixture.env, STATE_DIR: state };
  return { fixture, state, run: (args: readonly string[]) => runVectorizer(t, args, { env }) };
}
