import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { errorLogs } from "../../support/servers/open-search-fixture.ts";
import type { ProxiedRequest } from "../../support/servers/open-search-faults.ts";

/** An index with its mapping, whose three new records have texts that no vector was made of. */
async function openStory(t: TestContext) {
  const story = await openBackfillStory(t, { logs: { logs: errorLogs(3) } });
  await story.once();
  for (const [i, log] of errorLogs(3).entries()) {
    const path = `/${story.index()}/_doc/new-${i}?refresh=true`;
    await story.logs.send("PUT", path, { ...log, message: `never seen before, ${i}` });
  }
  return story;
}

/** What a request asks, in a word. */
function questionOf({ line, body }: ProxiedRequest): string {
  const [, path = ""] = line.split(/[ ?]/);
  if (path.startsWith("/_resolve")) return "names";
  if (path === "/_msearch") {
    if (body.includes('"collapse"')) return "equal texts";
    return body.includes('"sort"') ? "pending" : "counts";
  }
  if (path === "/_mget") return body.includes('"_id":"log-vectorizer"') ? "existing" : "look";
  if (path === "/_bulk") return body.includes("log-vectorizer-probe") ? "probe" : "write";
  return path.slice(path.lastIndexOf("/") + 1).replace("_", "");
}

test("a cycle asks OpenSearch fifteen questions, each of them once but for what guards a write", async (t) => {
  const story = await openStory(t);
  const before = story.openSearch.requests.length;
  const { summary } = await story.once();
  assert.equal(summary.outcomes.updated, 3);
  const asked = story.openSearch.requests.slice(before).map(questionOf);
  assert.deepEqual(asked.toSorted(), [
    "counts",
    "counts",
    "equal texts",
    "existing",
    "existing",
    "look",
    "mapping",
    "names",
    "pending",
    "probe",
    "refresh",
    "settings",
    "settings",
    "version",
    "write",
  ]);
});

test("a cycle reads the indices side by side, and selects while it asks whether they take updates", async (t) => {
  const story = await openStory(t);
  const { openSearch } = story;
  const heldOn = (question: string) =>
    openSearch.hold((request) => questionOf(request) === question);
  const [names, mapping] = [heldOn("names"), heldOn("mapping")];
  const [probe, pending] = [heldOn("probe"), heldOn("pending")];
  const running = story.once();
  await Promise.all([names.arrived, mapping.arrived]);
  names.release();
  mapping.release();
  await Promise.all([probe.arrived, pending.arrived]);
  probe.release();
  pending.release();
  assert.equal((await running).summary.outcomes.updated, 3);
});

test("a drain of one page asks for no second one", async (t) => {
  const story = await openStory(t);
  const before = story.openSearch.requests.length;
  const { code } = await story.run(["--drain", "--json"]);
  assert.equal(code, 0);
  const asked = story.openSearch.requests.slice(before).map(questionOf);
  assert.equal(asked.filter((question) => question === "search").length, 1, asked.join(", "));
});
