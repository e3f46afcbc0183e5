import assert from "node:assert/strict";
import { test } from "node:test";
import { freePorts } from "../../../scripts/local-servers/free-port.ts";
import { addOutcomes, noOutcomes, OUTCOMES, type Outcome } from "../../../src/domain/outcome.ts";
import { addEmbedding } from "../../../src/domain/summary.ts";
import type { RecordSource } from "../../../src/ports/events.ts";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import type { ItemAnswer } from "../../support/servers/bulk-items.ts";
import { isBulk } from "../../support/fakes/cycle-points.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { samplesIn } from "../../support/asserts/metric-samples.ts";
import { errorLog } from "../../support/servers/open-search-fixture.ts";
import { eventsOf, stopAndCount } from "../../support/asserts/printed-events.ts";
import { readSummary } from "../../support/asserts/printed-json.ts";
import { freshLog, freshLogs, openTailStory } from "../../support/commands/tail-story.ts";

const TOKEN = "a-token-of-32-characters-0123456";
const MODEL = '{model="text-embedding-3-large"}';

type Samples = ReadonlyMap<string, number>;

/** A port of its own, a token, and what its metrics say. */
async function scraped() {
  const [port = 0] = await freePorts(1);
  const scrape = async (): Promise<Samples> => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers });
    assert.equal(response.status, 200);
    return samplesIn(await response.text());
  };
  return { env: { HTTP_PORT: String(port), HTTP_TOKEN: TOKEN }, scrape };
}

function valueOf(samples: Samples, name: string): number {
  return samples.get(`log_vectorizer_${name}`) ?? Number.NaN;
}

function outcomesIn(samples: Samples, source: RecordSource) {
  const valueFor = (outcome: Outcome) =>
    valueOf(samples, `records_total{source="${source}",outcome="${outcome}"}`);
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, valueFor(outcome)]));
}

/** Sum over all series of that name and those labels. */
function sumOf(samples: Samples, name: string, label: string): number {
  const of = [...samples].filter(
    ([key]) => key.startsWith(`log_vectorizer_${name}{`) && key.includes(label),
  );
  return of.reduce((sum, [, value]) => sum + value, 0);
}

const refusal = (status: number, type: string, reason: string): ItemAnswer => ({
  status,
  error: { type, reason },
});
/** What is said of the items of these ids, once of each; the others are carried out. */
function saidOnce() {
  const said = new Map([
    ["2", refusal(404, "document_missing_exception", "[2]: document missing")],
    ["3", refusal(409, "version_conflict_engine_exception", "[3]: version conflict")],
    ["4", refusal(429, "opensearch_rejected_execution_exception", "rejected execution")],
    ["5", refusal(403, "security_exception", "no permissions for [indices:data/write/update]")],
  ]);
  return ({ id }: { id: string }) => {
    const answer = said.get(id);
    said.delete(id);
    return answer;
  };
}
/** Numbers of the requests that the embedder fails at. */
const DOWN = [6, 7, 8, 9];
const POISON = "this text is refused";

test(
  "after faults of every kind the metrics, the summaries and the store say the same",
  { timeout: 15 * 60_000 },
  async (t) => {
    const texts = Array.from({ length: 40 }, (_, i) => `Failure ${i < 30 ? i : i - 30}`);
    const all = [...texts.slice(0, 38), POISON, " "];
    const { env, scrape } = await scraped();
    const story = await openBackfillStory(t, {
      logs: { "logs-2026.01.02": all.map((text, i) => errorLog(text, i)) },
      poison: (message) => message === POISON,
      env: {
        ...env,
        LOG_FORMAT: "json",
        BACKFILL_BATCH_SIZE: "10",
        EMBEDDING_PRICE_PER_MILLION_TOKENS: "0.13",
      },
    });
    const { stub, openSearch } = story;
    stub.setFault({ kind: "rate_limit", retryAfter: { ms: 20 } }, { next: 2 });
    stub.setFault({ kind: "status", status: 500 }, { requests: DOWN });
    openSearch.fail(isBulk, { kind: "items", answers: saidOnce() });

    const daemon = await story.daemon({ BACKFILL_SCHEDULE: "* * * * * *" });
    await eventually(async () => (await story.audit.check()).bare === 0, t);
    const quiet = () => eventsOf(daemon.printed(), "cycle-ended").at(-1);
    await eventually(() => readSummary(quiet()?.["log_vectorizer.summary"]).taken === 0, t);
    const samples = await scrape();
    daemon.kill("SIGTERM");
    const { stdout } = await daemon.ended;

    const printed = eventsOf(stdout, "cycle-ended");
    const summaries = printed.map((event) => readSummary(event["log_vectorizer.summary"]));
    const outcomes = summaries.reduce(
      (sum, summary) => addOutcomes(sum, summary.outcomes),
      noOutcomes(),
    );
    assert.deepEqual(outcomesIn(samples, "backfill"), outcomes, stdout);
    for (const outcome of OUTCOMES) {
      if (outcome === "already_vectorized") continue;
      assert.ok(outcomes[outcome] > 0, `the story has none ${outcome}: ${stdout}`);
    }
    const errors = sumOf(samples, "record_errors_total", 'source="backfill"');
    assert.equal(errors, outcomes.quarantined + outcomes.deferred);

    const use = summaries.map(({ embedding }) => embedding).reduce(addEmbedding);
    assert.equal(valueOf(samples, `embedding_texts_total${MODEL}`), use.texts);
    assert.equal(valueOf(samples, `embedding_tokens_total${MODEL}`), use.tokens);
    const cost = valueOf(samples, `embedding_cost_usd_total${MODEL}`);
    assert.ok(Math.abs(cost - (use.cost_usd ?? 0)) < 1e-9, `${cost} for ${use.cost_usd}`);
    assert.equal(valueOf(samples, 'requests_total{target="embedder"}'), stub.requests.length);
    assert.equal(use.requests, stub.requests.length);
    const failed = 'request_errors_total{target="embedder",kind=';
    assert.equal(valueOf(samples, `${failed}"rate"}`), 2);
    const poisoned = stub.requests.filter(({ texts: sent }) => sent.includes(POISON));
    const unanswered = stub.requests.filter(({ answered }) => answered.length === 0);
    assert.ok(poisoned.length > 0 && unanswered.length > poisoned.length + 2);
    assert.equal(valueOf(samples, `${failed}"record"}`), poisoned.length);
    const down = valueOf(samples, `${failed}"outage"}`);
    assert.equal(down, unanswered.length - poisoned.length - 2);
    assert.ok(valueOf(samples, 'request_retries_total{target="embedder"}') >= 2);
    const asked = valueOf(samples, 'requests_total{target="opensearch"}');
    assert.ok(asked > 0 && asked <= openSearch.requests.length);

    const { vectors, refused, empty } = await story.audit.check();
    assert.deepEqual([vectors, refused, empty], [38, 1, 1]);
    // Each was written once, whatever befell it before.
    assert.equal(outcomes.updated + outcomes.reused, vectors);
    // One that could not be written was saved once more when it came again.
    assert.ok(sumOf(samples, "texts_saved_total", "by=") >= outcomes.reused);
    assert.equal(story.audit.paidOnce(), use.texts);
    assert.equal(outcomes.empty, empty);
    assert.equal(valueOf(samples, 'cycles_total{result="ok"}') > 1, true);
    assert.equal(valueOf(samples, "cycle_interval_seconds"), 1);
  },
);

test(
  "the tail's live counters equal its final summary, Kafka's offsets and the store",
  { timeout: 15 * 60_000 },
  async (t) => {
    const story = await openTailStory(t, { partitions: 2 });
    const { env, scrape } = await scraped();
    const fresh = freshLogs("fresh", 20);
    const twins = [freshLog("twin-1", "the same"), freshLog("twin-2", "the same")];
    await story.store([...fresh, ...twins]);
    story.stub.setFault({ kind: "status", status: 500 }, { next: 1 });
    const tail = await story.tail(env);
    await story.send([...fresh, ...twins, { ...freshLog("info", "all is well"), level: "INFO" }]);
    await story.sendRaw(["no json at all", JSON.stringify({ level: "ERROR", message: "no id" })]);
    await story.untilFinished();
    const lagOf = (samples: Samples) => {
      const lags = [0, 1].map((partition) =>
        valueOf(
          samples,
          `consumer_lag_records{component="tail",topic="${story.topic}",partition="${partition}"}`,
        ),
      );
      return lags;
    };
    const kafkaOf = (of: Samples) => valueOf(of, 'dependency_up{dependency="kafka"}');
    let samples: Samples = new Map();
    // A scrape does not wait long for what others are asked.
    await eventually(async () => {
      samples = await scrape();
      return [...lagOf(samples), kafkaOf(samples)].every(Number.isFinite);
    }, t);
    const tally = await stopAndCount(tail);

    assert.deepEqual(outcomesIn(samples, "tail"), tally.outcomes);
    assert.equal(tally.outcomes.updated + tally.outcomes.reused, 22);
    assert.equal((await story.vectors()).length, 22);
    assert.equal(tally.outcomes.quarantined, 2);
    const { texts, tokens } = tally.embedding;
    assert.equal(valueOf(samples, `embedding_texts_total${MODEL}`), texts);
    assert.equal(valueOf(samples, `embedding_tokens_total${MODEL}`), tokens);
    assert.equal(sumOf(samples, "texts_saved_total", "by="), tally.outcomes.reused);
    assert.equal(valueOf(samples, 'dead_letters_total{code="not_json"}'), 1);
    assert.equal(valueOf(samples, 'dead_letters_total{code="no_id"}'), 1);
    assert.equal(valueOf(samples, 'record_errors_total{source="tail",kind="record"}'), 2);
    assert.equal(valueOf(samples, 'requests_total{target="embedder"}'), story.stub.requests.length);
    assert.deepEqual(lagOf(samples), [0, 0]);
    assert.equal(valueOf(samples, 'waiting_records{component="tail"}'), 0);
    assert.equal(valueOf(samples, 'consumer_paused{component="tail"}'), 0);
    assert.equal(kafkaOf(samples), 1);
    assert.equal(valueOf(samples, 'desired_replicas{component="tail"}'), 1);
  },
);
