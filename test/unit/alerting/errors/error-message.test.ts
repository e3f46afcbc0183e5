import assert from "node:assert/strict";
import { test } from "node:test";
import { composeErrors } from "../../../../src/alerting/errors/error-message.ts";
import { alertMessageShape } from "../../../../src/ports/alert-channel.ts";
import type { ErrorAlert, LikeCase } from "../../../../src/domain/memory/error-alert.ts";
import { NOW, SENDER } from "../alert-setup.ts";
import { alert, LIKE } from "./error-alert-setup.ts";

const MINUTE = 60_000;

function compose(
  alerts: readonly ErrorAlert[],
  style: Partial<Parameters<typeof composeErrors>[2]> = {},
  { nextAt, page = "https://logs.example.com/" }: { nextAt?: number; page?: string | null } = {},
) {
  const { page: _, ...unlinked } = SENDER;
  const sender = page === null ? unlinked : { ...unlinked, page };
  return alertMessageShape.parse(
    composeErrors(
      alerts,
      sender,
      { language: "en", text: "template", ...style },
      { id: "id", now: NOW, ...(nextAt === undefined ? {} : { nextAt }) },
    ),
  );
}
/** Without the footer. */
const lines = (message: { text: string }) => message.text.split("\n\nPage:")[0]?.split("\n");

test("a new error is told in five lines: what, where, since when and how often, the like past case, links", () => {
  assert.deepEqual(lines(compose([alert()])), [
    "[new] payment: Connection to <*> refused",
    "Where: payment, java.net.ConnectException, level ERROR",
    "Since: 2026-01-02 02:59 UTC (5 min ago), 7 times",
    "Like a past case: none is known",
    "Links: this https://logs.example.com/errors/0123456789abcdef",
  ]);
});

test("a past case is told with what a person wrote of it, what is other this time, and both links", () => {
  const message = compose([alert({ kind: "back", silent: 180 * MINUTE, like: LIKE })]);
  assert.equal(message.subject, "[back, like a past case] payment: Connection to <*> refused");
  assert.deepEqual(lines(message)?.slice(2), [
    "Since: 2026-01-02 02:59 UTC (5 min ago), 7 times, after 3 h of silence",
    "Like a past case: 95 % like 2026-01-01 03:04 UTC to 2026-01-01 03:16 UTC (40 times), another error: Timeout after <*>. " +
      "Cause: The pool was exhausted. Action: Restart it. (kim, 2026-01-01, confirmed, https://runbooks.example.com/7) " +
      "Other this time: service payment instead of billing; with it rises “Disk full”; then rose “Slow query”.",
    "Links: this https://logs.example.com/errors/0123456789abcdef, " +
      "that https://logs.example.com/errors/fedcba9876543210#fedcba9876543210-1",
  ]);
  assert.partialDeepStrictEqual(message.errors, [
    { kind: "back", count: 7, like: { likeness: 0.95, note: { cause: "The pool was exhausted" } } },
  ]);
});

const PLACES: [what: string, like: Partial<LikeCase>, en: string, ko: string][] = [
  [
    "a host that was not there then, and no other",
    { hosts: { now: ["db-3"], before: ["db-1", "db-2"] } },
    "host db-3 instead of db-1, db-2",
    "호스트 db-3 (과거: db-1, db-2)",
  ],
  [
    "a version beside that of then",
    { versions: { now: ["1.3", "1.4"], before: ["1.3"] } },
    "also version 1.4",
    "과거에 없던 버전: 1.4",
  ],
  [
    "many hosts and another version",
    {
      hosts: { now: ["a", "b", "c", "d", "e"], before: ["z"] },
      versions: { now: ["2"], before: ["1"] },
    },
    "hosts a, b, c and 2 more instead of z; version 2 instead of 1",
    "호스트 a, b, c 외 2개 (과거: z); 버전 2 (과거: 1)",
  ],
];
for (const [what, places, en, ko] of PLACES) {
  test(`what is other this time is said in one line: ${what}`, () => {
    const { note: _, ...like } = {
      ...LIKE,
      same_group: true,
      only_now: [],
      only_then: [],
      ...places,
    };
    const said = (language: "en" | "ko") => {
      const all = lines(compose([alert({ like })], { language }));
      assert.equal(all?.length, 5);
      return all[3] ?? "";
    };
    assert.ok(said("en").endsWith(`the same error. Other this time: ${en}.`), said("en"));
    assert.ok(said("ko").endsWith(`이번에 다른 점: ${ko}.`), said("ko"));
  });
}

const WHEN: [what: string, changes: Partial<ErrorAlert>, head: RegExp, when: string][] = [
  [
    "a spike, with its usual rate",
    { kind: "spike", usual: { records: 5, window: 10 * MINUTE } },
    /^\[spike\] /,
    "2026-01-02 02:59 UTC (5 min ago), 7 in the last 10 min, usually 5",
  ],
  [
    "the end of a spike that has become usual",
    {
      kind: "spike_ended",
      until: NOW,
      usual: { records: 5, window: 10 * MINUTE },
      accepted: true,
    },
    /^\[spike over\] /,
    "2026-01-02 02:59 UTC to 2026-01-02 03:04 UTC (6 min), 7 times, usually 5 in 10 min, it has lasted for a day and counts as usual from now on",
  ],
  [
    "the end of an episode",
    { kind: "ended", until: NOW },
    /^\[over\] /,
    "2026-01-02 02:59 UTC to 2026-01-02 03:04 UTC (6 min), 7 times",
  ],
  [
    "one that was resolved",
    { kind: "back", silent: 0, was_resolved: true },
    /^\[back, was resolved\] /,
    "2026-01-02 02:59 UTC (5 min ago), 7 times, after less than 1 s of silence",
  ],
];
for (const [what, changes, head, when] of WHEN) {
  test(`a message says when: ${what}`, () => {
    const message = compose([alert(changes)]);
    assert.match(message.subject, head);
    assert.ok(lines(message)?.includes(`Since: ${when}`), message.text);
  });
}

test("with ALERT_LOG_TEXT=none nothing of a text is in a message, nor in its JSON", () => {
  const message = compose([alert({ like: LIKE })], { text: "none" });
  const all = JSON.stringify(message);
  for (const text of ["Connection", "ConnectException", "Timeout", "Disk full", "Slow query"]) {
    assert.ok(!all.includes(text), `${text} is in ${all}`);
  }
  assert.equal(
    message.subject,
    "[new, like a past case] payment: an error of group 0123456789abcdef",
  );
});

test("more than five are one line each, and more than twenty are counted", () => {
  const many = Array.from({ length: 23 }, (_, i) =>
    alert({ service: `s${i}`, kind: i < 20 ? "new" : "back" }),
  );
  const message = compose(many);
  assert.equal(message.subject, "[23 errors] 20 new, 3 back");
  assert.deepEqual(lines(message)?.slice(0, 2), [
    "[new] s0: Connection to <*> refused",
    "[new] s1: Connection to <*> refused",
  ]);
  assert.match(message.text, /And 3 more: log-vectorizer groups list, or the page, shows them\./);
  assert.equal(message.errors.length, 20);
});

test("a template can neither break a line nor steer a terminal, and holds no secret", () => {
  const template = `a\nLinks: this https://evil.example\u001b[31m s3cret ${"x".repeat(5000)}`;
  const message = compose([alert({ template, service: "pay\nment" })]);
  assert.equal(lines(message)?.length, 5);
  assert.ok(!JSON.stringify(message).includes("s3cret"));
  assert.ok((lines(message)?.[0]?.length ?? 0) <= 400);
});

test("without a page the links are commands", () => {
  assert.equal(
    compose([alert({ like: LIKE })], {}, { page: null }).text.split("\n")[4],
    "Links: this log-vectorizer groups show 0123456789abcdef, that log-vectorizer groups show fedcba9876543210",
  );
});

test("the last message for now says when there may be another", () => {
  assert.match(
    compose([alert()], {}, { nextAt: NOW + 60 * MINUTE }).text,
    /The limit of messages per hour is reached: what comes is summed up in one, from 2026-01-02 04:04 UTC on\./,
  );
});

test("in Korean", () => {
  assert.deepEqual(
    lines(compose([alert({ kind: "back", silent: 180 * MINUTE, like: LIKE })], { language: "ko" })),
    [
      "[다시 발생, 과거 사례와 유사] payment: Connection to <*> refused",
      "위치: payment, java.net.ConnectException, 레벨 ERROR",
      "시작: 2026-01-02 02:59 UTC (5분 전), 7회, 3시간 동안 없다가 다시 발생",
      "과거 사례: 95 % 유사: 2026-01-01 03:04 UTC ~ 2026-01-01 03:16 UTC (40회), 다른 오류: Timeout after <*>. " +
        "원인: The pool was exhausted. 조치: Restart it. (kim, 2026-01-01, 확인됨, https://runbooks.example.com/7) " +
        "이번에 다른 점: 서비스 payment (과거: billing); 함께 증가: “Disk full”; 과거에만 증가: “Slow query”.",
      "링크: 이번 https://logs.example.com/errors/0123456789abcdef, " +
        "과거 https://logs.example.com/errors/fedcba9876543210#fedcba9876543210-1",
    ],
  );
});
