import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { OpenSearchVersion } from "../../../scripts/local-servers/opensearch.ts";
import {
  sweepAnswerShape,
  sweepSummaryShape,
  type SweepSummary,
} from "../../../src/domain/summary.ts";
import { statusShape } from "../../../src/status/status-shape.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { eventsOf } from "../../support/asserts/printed-events.ts";
import { outcomesOf, printedAnswer } from "../../support/asserts/printed-json.ts";
import { withinGrace } from "../../support/asserts/within-grace.ts";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { isLook } from "../../support/fakes/cycle-points.ts";
import { startVectorizer, temporaryFolder } from "../../support/commands/run-command.ts";
import { errorLog, onEachOpenSearch } from "../../support/servers/open-search-fixture.ts";

const RECORDS = 60;
const NEW = "Quite another failure of request";
/** The field is found by itself otherwise: its name makes another version of the same texts. */
const OTHER_RULES = { MESSAGE_FIELD: "message", EMBEDDING_PRICE_PER_MILLION_TOKENS: "0.13" };
const PARTS = { BACKFILL_BATCH_SIZE: "20", EMBEDDING_MAX_CONCURRENCY: "1" };

type Env = Record<string, string | undefined>;

/** Records with their vectors, on three shards, and whoever owns them at work. */
async function openStory(t: TestContext, version: OpenSearchVersion, delayMs = 0) {
  const story = await openBackfillStory(t, { logs: {}, version, delayMs, env: PARTS });
  const { logs, audit, stub } = story;
  const index = story.index();
  await logs.create(index, { settings: { number_of_shards: 3 } });
  await logs.fill(
    index,
    Array.from({ length: RECORDS }, (_, i) => errorLog(`Request ${i} failed on node ${i}`, i)),
  );
  await audit.takeStock();
  const drained = await story.run(["--drain", "--json"]);
  assert.equal(drained.code, 0, drained.stderr);
  stub.requests.length = 0;
  const sweep = async (args: readonly string[] = [], more: Env = {}) => {
    const ended = await story.run(["sweep", "--json", ...args], more);
    return { ...ended, summary: readSweep(printedAnswer(ended, sweepAnswerShape)) };
  };
  return {
    ...story,
    index,
    sweep,
    /** A partial update of the message: nothing else of the document is sent. */
    async update(id: number, message: string) {
      await logs.send("POST", `/${index}/_update/${id}`, { doc: { message } });
    },
    /** The messages of many at once, by a script. */
    async updateMany(most: number) {
      const script = {
        source: "ctx._source.message = params.text + ' ' + ctx._id",
        params: { text: NEW },
      };
      await logs.send("POST", `/${index}/_refresh`);
      const answer = await logs.send(
        "POST",
        `/${index}/_update_by_query?refresh=true&max_docs=${most}`,
        { script },
      );
      assert.equal(answer["updated"], most);
    },
    async stockTaken() {
      await logs.send("POST", `/${index}/_refresh`);
      await audit.takeStock();
    },
  };
}

/** Every record is in one count, and every record that was taken has one outcome. */
function readSweep<T extends SweepSummary>(summary: T): T {
  const { looked_at: all, current, text_changed: changed, taken, outcomes } = summary;
  const { other_model: model, other_text_version: version, other_key: key, unsigned } = summary;
  assert.equal(all, current + changed + model + version + key + unsigned);
  assert.equal(
    Object.values(outcomes).reduce((a, b) => a + b, 0),
    taken,
  );
  return summary;
}

const WHOLE = { vectors: RECORDS, refused: 0, empty: 0, bare: 0 };

await onEachOpenSearch((version) => {
  test("a message changed by a partial update: cycles do not see it, a sweep embeds it", async (t) => {
    const { sweep, update, audit, once, stub, run, stockTaken } = await openStory(t, version);
    await update(3, `${NEW} 3`);
    await update(7, "Request 8 failed on node 8");
    await stockTaken();
    assert.deepEqual(outcomesOf((await once()).summary), {}, "no cycle takes it");

    const dry = await sweep(["--dry-run"]);
    assert.deepEqual([dry.code, dry.summary.text_changed, dry.summary.taken], [0, 2, 0]);
    assert.ok((dry.summary.estimates.text_changed?.tokens ?? 0) > 0);
    assert.equal(stub.requests.length, 0);

    const { code, summary } = await sweep();
    assert.equal(code, 0);
    assert.partialDeepStrictEqual(summary, { looked_at: RECORDS, current: RECORDS - 2, failed: 0 });
    assert.deepEqual(outcomesOf(summary), { updated: 1, reused: 1 });
    assert.deepEqual(audit.paid(), [`${NEW} 3`]);
    assert.deepEqual(await audit.check(), WHOLE);
    const shown = await run(["sweep"]);
    assert.match(shown.stdout, /^vector of its message +60\s*$/m);
    const status = printedAnswer(await run(["status", "--json"]), statusShape);
    assert.equal(status.sweep?.summary?.looked_at, RECORDS);
  });

  test("many messages changed by a script: all are found, within the budget, and none is paid for twice", async (t) => {
    const { sweep, updateMany, audit, once, stockTaken } = await openStory(t, version);
    const most = 45;
    await updateMany(most);
    await stockTaken();
    const small = await sweep([], { MAX_TOKENS_PER_CYCLE: "150" });
    assert.equal(small.code, 1);
    const { updated = 0, deferred = 0 } = outcomesOf(small.summary);
    assert.ok(
      updated > 0 && deferred > 0 && updated + deferred === most,
      JSON.stringify(small.summary),
    );
    assert.equal(small.summary.failed, deferred);
    assert.deepEqual(await audit.check(), {
      ...WHOLE,
      vectors: RECORDS - deferred,
      bare: deferred,
    });
    for (let left: number | null = deferred; left !== 0;) left = (await once()).summary.backlog;
    assert.equal(audit.paidOnce(), most);
    assert.deepEqual(await audit.check(), WHOLE);
    assert.partialDeepStrictEqual((await sweep()).summary, { current: RECORDS, text_changed: 0 });
  });

  test("vectors of another text version, model or key are counted and left", async (t) => {
    const { sweep, updateMany, audit, stub, run, stockTaken } = await openStory(t, version);
    await updateMany(10);
    await stockTaken();
    const masked = await sweep([], OTHER_RULES);
    assert.deepEqual([masked.code, masked.summary.text_changed], [0, 0]);
    assert.partialDeepStrictEqual(masked.summary, {
      other_text_version: 10,
      current: RECORDS - 10,
    });
    assert.ok((masked.summary.estimates.other_text_version?.cost_usd ?? 0) > 0);
    const other = await sweep([], { EMBEDDING_MODEL: "text-embedding-3-small" });
    assert.deepEqual([other.code, other.summary.other_model, other.summary.taken], [0, RECORDS, 0]);
    const foreign = await sweep([], { STAMP_KEY: "another key of thirty-two characters" });
    assert.deepEqual([foreign.summary.other_key, foreign.summary.taken], [RECORDS, 0]);
    assert.equal(stub.requests.length, 0);
    const shown = await run(["sweep", "--dry-run"], OTHER_RULES);
    assert.match(shown.stdout, /^text of another version +10 +about \d+ tokens, at most \$/m);
    assert.equal((await sweep()).summary.outcomes.updated, 10);
    assert.deepEqual(await audit.check(), WHOLE);
  });

  test("a message that became blank loses its vector; a document deleted meanwhile is missing", async (t) => {
    const { sweep, update, audit, logs, index, openSearch, env, stockTaken } = await openStory(
      t,
      version,
    );
    await update(1, " ");
    await update(2, `${NEW} 2`);
    await update(3, `${NEW} 3`);
    await stockTaken();
    const hold = openSearch.hold(isLook);
    const running = await startVectorizer(t, ["sweep", "--json"], { env });
    await hold.arrived;
    await logs.send("DELETE", `/${index}/_doc/2`);
    hold.release();
    const ended = await running.ended;
    const summary = readSweep(printedAnswer(ended, sweepAnswerShape));
    assert.deepEqual(outcomesOf(summary), { updated: 1, empty: 1, missing: 1 });
    const counts = { ...WHOLE, vectors: RECORDS - 2, empty: 1 };
    assert.deepEqual(await audit.check({ gone: [`${index}/2`] }), counts);
    assert.partialDeepStrictEqual((await sweep()).summary, {
      text_changed: 0,
      current: RECORDS - 2,
    });
  });

  test(
    "stopped while the embedder answers: what is paid for is written, and the next sweep goes on",
    { timeout: 300_000 },
    (t) =>
      withinGrace(async (stop) => {
        const { sweep, updateMany, audit, stub, env, stockTaken } = await openStory(
          t,
          version,
          1200,
        );
        await updateMany(50);
        await stockTaken();
        const running = await startVectorizer(t, ["sweep", "--json"], { env });
        await eventually(() => stub.requests.length === 1, t);
        stop(running);
        const ended = await running.ended;
        assert.equal(ended.code, 143, ended.stderr);
        const { reason, taken } = readSweep(printedAnswer(ended, sweepAnswerShape));
        assert.equal(reason, "stopped");
        assert.ok(taken <= 20, `${taken} were taken`);
        const rest = await sweep();
        assert.equal(rest.code, 0);
        assert.equal(audit.paidOnce(), 50);
        assert.deepEqual(await audit.check(), WHOLE);
      }),
  );

  test("two sweeps at once: with one state directory the second does nothing, with two each record is right", async (t) => {
    const { sweep, updateMany, audit, openSearch, env, stockTaken, run } = await openStory(
      t,
      version,
    );
    await updateMany(40);
    await stockTaken();
    const hold = openSearch.hold(isLook);
    const first = await startVectorizer(t, ["sweep", "--json"], { env });
    await hold.arrived;
    const second = await run(["sweep", "--json"]);
    assert.equal(second.code, 1);
    assert.match(printedAnswer(second, sweepAnswerShape).reason ?? "", /is sweeping/);
    const elsewhere = await startVectorizer(t, ["sweep", "--json"], {
      env: { ...env, STATE_DIR: `${await temporaryFolder(t)}/state` },
    });
    hold.release();
    for (const ended of [await first.ended, await elsewhere.ended]) {
      assert.ok(ended.code === 0 || ended.code === 1, ended.stderr);
      readSweep(printedAnswer(ended, sweepAnswerShape));
    }
    await sweep();
    assert.deepEqual(await audit.check(), WHOLE);
  });

  test("the daemon sweeps on its schedule, reads only what changed since, and stops in the middle", async (t) => {
    const { update, audit, daemon, run, stockTaken, openSearch } = await openStory(t, version);
    await update(5, `${NEW} 5`);
    await stockTaken();
    const env = { LOG_FORMAT: "json", SWEEP_SCHEDULE: "*/2 * * * * *", SWEEP_WINDOW_DAYS: "36500" };
    const running = await daemon(env);
    const swept = () => eventsOf(running.printed(), "sweep-ended");
    await eventually(() => swept().length >= 4, t);
    const looked = swept().map((event) => sweepOf(event).looked_at);
    assert.equal(looked[0], RECORDS);
    assert.ok((looked.at(-1) ?? RECORDS) < RECORDS, `${looked.join(", ")} looked at`);
    assert.equal(sweepOf(swept()[0]).outcomes.updated, 1);
    await update(6, `${NEW} 6`);
    await stockTaken();
    await eventually(() => audit.paid().includes(`${NEW} 6`), t);
    assert.deepEqual(audit.paid(), [`${NEW} 5`, `${NEW} 6`]);
    await eventually(async () => {
      // Until it is written, the vector of the earlier text stands there.
      const counts = await audit.check().catch(() => undefined);
      return counts?.vectors === RECORDS;
    }, t);
    const hold = openSearch.hold(
      ({ line, body }) => line.includes("/_search") && body.includes("_seq_no"),
    );
    await hold.arrived;
    running.kill("SIGTERM");
    hold.release();
    const ended = await running.ended;
    assert.equal(ended.code, 0, ended.stdout);
    const status = printedAnswer(await run(["status", "--json"]), statusShape);
    assert.notEqual(status.sweep, null);
  });
});

function sweepOf(event: Record<string, unknown> | undefined): SweepSummary {
  return sweepSummaryShape.parse(event?.["log_vectorizer.sweep"]);
}
