import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeadLetterCode } from "../../../src/stream/reading.ts";
import { toDeadLetter } from "../../../src/stream/dead-letter.ts";
import { readDeadLetters, type DeadLetterFilter } from "../../../src/stream/read-dead-letters.ts";
import { createFakeKafka } from "../../support/fakes/fake-kafka.ts";

const never = new AbortController().signal;
const T0 = Date.parse("2026-01-02T00:00:00Z");

/** Dead letters of these codes, an hour apart, and a message of somebody else between. */
function setUp(codes: readonly DeadLetterCode[]) {
  const { broker, ...kafka } = createFakeKafka();
  broker.createTopic("dlq", 2);
  codes.forEach((code, i) => {
    const message = {
      source: { stream: "logs", lane: "0", position: String(i) },
      key: null,
      value: Buffer.from(`v${i}`),
      headers: [],
    };
    const problem = { code, reason: code };
    const { headers, value } = toDeadLetter(message, problem, {
      now: T0 + i * 3_600_000,
      mask: (text) => text,
    });
    broker.produce("dlq", [{ partition: i % 2, value, headers }]);
    if (i === 0) broker.produce("dlq", [{ partition: 0, value: "foreign" }]);
  });
  return async (filter: DeadLetterFilter) => {
    const letters = readDeadLetters(kafka.deadLetters("dlq"), filter, never);
    const offsets: number[] = [];
    for (;;) {
      const next = await letters.next();
      if (next.done)
        return {
          offsets: offsets.toSorted((a, b) => a - b),
          ...next.value,
          byCode: Object.fromEntries(next.value.byCode),
        };
      assert.equal(String(next.value.message.value), `v${next.value.from.position}`);
      offsets.push(Number(next.value.from.position));
    }
  };
}

const CODES: DeadLetterCode[] = ["not_json", "no_id", "refused", "not_json"];

test("all of them, counted by code; what is not ours is counted apart", async () => {
  const list = setUp(CODES);
  assert.deepEqual(await list({}), {
    offsets: [0, 1, 2, 3],
    byCode: { not_json: 2, no_id: 1, refused: 1 },
    foreign: 1,
  });
});

const FILTERS: [filter: DeadLetterFilter, offsets: number[]][] = [
  [{ codes: ["not_json"] }, [0, 3]],
  [{ codes: ["no_id", "refused"] }, [1, 2]],
  [{ codes: [] }, []],
  [{ since: T0 + 3_600_000 }, [1, 2, 3]],
  [{ until: T0 + 3_600_000 }, [0, 1]],
  [{ since: T0 + 1, until: T0 + 3 * 3_600_000 - 1, codes: ["not_json", "refused"] }, [2]],
];
for (const [filter, offsets] of FILTERS) {
  test(`${JSON.stringify(filter)} lets ${offsets.join(", ") || "none"} through, and counts no other`, async () => {
    const { byCode, ...rest } = await setUp(CODES)(filter);
    assert.deepEqual(rest, { offsets, foreign: 1 });
    assert.equal(
      Object.values(byCode).reduce((a, b) => a + b, 0),
      offsets.length,
    );
  });
}
