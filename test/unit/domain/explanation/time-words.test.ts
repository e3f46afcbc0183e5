import assert from "node:assert/strict";
import { test } from "node:test";
import { timeWordsIn } from "../../../../src/domain/explanation/time-words.ts";

/** Of the zone of this process, as all that people mean by a day. */
const at = (day: number, hour: number, minute = 0) =>
  new Date(2026, 10, day, hour, minute).getTime();
const NOW = at(30, 9, 30);

for (const [question, since, until, rest] of [
  ["why did payments fail last night?", at(29, 18), at(30, 8), "why did payments fail ?"],
  ["지난 밤 결제가 왜 실패했나", at(29, 18), at(30, 8), "결제가 왜 실패했나"],
  ["어젯밤에 무슨 일이", at(29, 18), at(30, 8), "무슨 일이"],
  ["what broke yesterday", at(29, 0), at(30, 0), "what broke"],
  ["어제 오류", at(29, 0), at(30, 0), "오류"],
  ["errors in the last 3 hours of checkout", at(30, 6, 30), undefined, "errors of checkout"],
  ["최근 30분 동안 오류", at(30, 9), undefined, "오류"],
  ["over the past day", at(29, 9, 30), undefined, ""],
  ["what is new since 09:05?", at(30, 9, 5), undefined, "what is new ?"],
  ["what is new since 23:00", at(29, 23), undefined, "what is new"],
  ["this morning", at(30, 5), undefined, ""],
  ["today", at(30, 0), undefined, ""],
  ["why is it slow right now", at(30, 8, 30), undefined, "why is it slow"],
  ["since the deploy", undefined, undefined, "since the deploy"],
  ["disk full", undefined, undefined, "disk full"],
] as const) {
  test(`the time of: ${question}`, () => {
    const found = timeWordsIn(question, NOW);
    assert.deepEqual([found.since, found.until, found.rest], [since, until, rest]);
  });
}

test("a night that is not over ends now", () => {
  assert.equal(timeWordsIn("last night", at(30, 3)).until, at(30, 3));
});
