import type { TestContext } from "node:test";
import { errorLog, LOG_PROPERTIES, newestOpenSearch } from "../servers/open-search-fixture.ts";

/** Four to be taken, of which two share their text and one has none; and one of another level. */
export async function fewLogs(t: Pick<TestContext, "after">) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index, { mappings: { properties: LOG_PROPERTIES } });
  await fixture.fill(index, [
    errorLog("Disk full"),
    errorLog("Disk full", 1),
    errorLog("Connection refused", 2),
    errorLog(" ", 3),
    { ...errorLog("Started", 4), level: "INFO" },
  ]);
  return { fixture, index, env: fixture.env };
}
