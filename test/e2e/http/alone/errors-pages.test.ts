import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { OpenSearchVersion } from "../../../../scripts/local-servers/opensearch.ts";
import { groupOf } from "../../../../src/domain/group.ts";
import { eventually } from "../../../support/asserts/eventually.ts";
import { runVectorizer, startVectorizer } from "../../../support/commands/run-command.ts";
import { ask, httpDaemon } from "../../../support/servers/http-daemon.ts";
import { errorLog, onEachOpenSearch } from "../../../support/servers/open-search-fixture.ts";
import { rememberErrors, withoutOwnIndices } from "../../../support/servers/real-memory.ts";
import { cleanFixture } from "../../setup/alone/cluster-setup.ts";

const DISK = groupOf({ text: "Disk 1 is full" }).group;

/** A daemon that has enriched three records of two errors, and `more`; own indices only where `memory` says so. */
async function setUp(
  t: TestContext,
  version: OpenSearchVersion,
  { memory = true, more = [] }: { memory?: boolean; more?: readonly string[] } = {},
) {
  const fixture = await cleanFixture(t, version);
  await withoutOwnIndices(t, fixture);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, [
    errorLog("Disk 1 is full"),
    errorLog("Disk 22 is full", 1),
    errorLog("Out of paper", 2),
    ...more.map((message, i) => errorLog(message, 3 + i)),
  ]);
  if (memory) {
    const made = await runVectorizer(t, ["init", "--memory"], { env: fixture.env });
    assert.equal(made.code, 0, made.stderr);
  }
  const { env, url } = await httpDaemon(t, fixture);
  const daemon = await startVectorizer(t, [], {
    env: { ...env, ...fixture.env, HTTP_OPEN: "true" },
  });
  await daemon.says(/Cycle #1 summary/);
  await fixture.send("POST", `/${fixture.pattern}/_refresh`);
  const get = async (path: string) => {
    const answer = await ask(t, url + path);
    const body = await answer.text();
    return { status: answer.status, body, text: textOf(body) };
  };
  /** A refusal of this page is an answer; that the process is too busy is none. */
  const post = async (fields: Record<string, string>) => {
    let shown = { status: 0, text: "" };
    await eventually(async () => {
      const init = { method: "POST", body: new URLSearchParams(fields) };
      const answer = await fetch(`${url}/errors/${DISK}`, init);
      shown = { status: answer.status, text: textOf(await answer.text()) };
      return !shown.text.includes("too busy");
    }, t);
    return shown;
  };
  return { fixture, index, get, post };
}

/** As a reader sees it. */
function textOf(page: string): string {
  return page.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
}

await onEachOpenSearch((version) => {
  test("an error is seen in the list, noted and muted on its page, and both pages show it", async (t) => {
    const { fixture, get, post } = await setUp(t, version);
    const list = await get("/errors?order=count");
    assert.match(list.text, /2 errors in 3 records.*Disk &lt;\*&gt; is full.*Out of paper/);
    assert.match((await get(`/errors/${DISK}`)).text, /60 s 2 over.*Nobody has written/);

    const note = { act: "note", cause: "the log of the proxy", author: "kim" };
    assert.match((await post(note)).text, /The note is written\..*the log of the proxy.*kim/);
    assert.match((await post({ state: "muted", until: "7d" })).text, /This error is muted\./);
    const muted = await get("/errors?state=muted");
    assert.match(muted.text, /1 error in 2 records.*muted.*Disk &lt;\*&gt; is full/);

    await fixture.send("POST", "/log-vectorizer-notes/_close");
    const closed = await get(`/errors/${DISK}`);
    assert.equal(closed.status, 200);
    assert.match(closed.text, /log-vectorizer-notes.*The notes cannot be read now/);
    const refused = await post(note);
    assert.equal(refused.status, 503);
    assert.match(refused.text, /Nothing was changed\..*log-vectorizer-notes.*the log of the proxy/);
  });

  test("the list says what an error is most like, and whether people wrote of that", async (t) => {
    const more = ["DISK 333 is full!"];
    const { fixture, index, get, post } = await setUp(t, version, { more });
    const loud = groupOf({ text: "DISK 333 is full!" }).group;
    assert.doesNotMatch((await get("/errors")).text, /surely/, "the memory has not seen them");
    await rememberErrors(t, fixture, { index });
    await post({ act: "note", cause: "the log of the proxy", author: "kim" });
    const { text, body } = await get("/errors");
    assert.match(text, /Disk &lt;\*&gt; is full surely · note/);
    assert.match(text, /DISK &lt;\*&gt; is full! surely(?! · note)/);
    assert.match(body, new RegExp(`is-like"[^]*?/errors/${loud}"`));

    assert.match((await get(`/errors/${DISK}`)).text, /DISK &lt;\*&gt; is full! .*Is it the same/);
    const apart = await post({ other: loud, rule: "apart", by: "kim" });
    assert.match(apart.text, /These two are not taken for alike again\./);
    assert.doesNotMatch((await get("/errors")).text, /surely|perhaps/);
    assert.match(
      (await post({ other: loud, rule: "merge" })).text,
      /Both are one error from now on/,
    );
    assert.match((await get("/errors")).text, /2 errors in 4 records/);
  });

  test("without own indices errors are shown from the records alone, and the page says what makes them", async (t) => {
    const { get, post } = await setUp(t, version, { memory: false });
    const { status, text } = await get("/errors");
    assert.equal(status, 200);
    assert.match(text, /log-vectorizer init --memory.*Disk &lt;\*&gt; is full/);
    assert.match((await get(`/errors/${DISK}`)).text, /are not kept here yet/);
    const refused = await post({ state: "known" });
    assert.equal(refused.status, 503);
    assert.match(refused.text, /Nothing was changed\..*log-vectorizer init/);
    assert.equal((await get(`/errors/${"9".repeat(16)}`)).status, 404);
  });
});
