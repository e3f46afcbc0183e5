import assert from "node:assert/strict";
import { test } from "node:test";
import { signatureOf } from "../../../src/domain/signature.ts";
import { assertLinear } from "../../support/asserts/linear-time.ts";

const ALIKE: [string, string][] = [
  ["waiting 112 of 40", "waiting 7 of 41"],
  ["took 30000 ms on node-3", "took 12.5 ms on node-17"],
  ["progress is : 0.94783", "progress is : 1"],
  ["user 'bob' not found", "user 'alice' not found"],
  ["replica db-1.internal:5432 lost", "replica db-22.internal:5432 lost"],
  [
    "Resolved MSRA-SA-41.fareast.example.com to /rack",
    "Resolved QPGSB.fareast.example.com to /rack",
  ],
  ["task attempt_1445_0002_m_000010_0 failed", "task attempt_1445_0017_r_000001_3 failed"],
  ["retry for ids 1, 2, 3", "retry for ids 17"],
  ["GET /api/v1/orders/123 failed", "GET /api/v1/orders/7f0c6b1e failed"],
  ["at 2026-01-02T03:04:05.678Z from 10.1.2.3:80", "at 2026-11-30T23:59:59Z from 10.9.8.7:8080"],
  ['{"msg":"db down","user":"bob"}', '{"msg":"db down","user":"eve"}'],
  [
    "java.io.IOException: reset\n\tat java.net.Socket.read(Socket.java:1)\n\tat com.shop.Pay.run(Pay.java:17)\n\t... 3 more",
    "java.io.IOException: reset\n\tat java.net.Socket.read(Socket.java:2)\n\tat com.shop.Pay.run(Pay.java:99)\n\tat com.shop.Main.main(Main.java:4)\n\t... 41 common frames omitted",
  ],
  [
    'Traceback (most recent call last):\n  File "/app/x.py", line 12, in main\n    pay()\nValueError: no price',
    'Traceback (most recent call last):\n  File "/app/x.py", line 14, in main\n    pay()\n  File "/app/y.py", line 2, in pay\n    raise ValueError()\nValueError: no price',
  ],
  [
    "TypeError: x is undefined\n    at pay (/app/a.js:10:5)\n    at node:internal/main:1:2",
    "TypeError: x is undefined\n    at pay (/app/a.js:12:7)",
  ],
];
const UNLIKE: [string, string][] = [
  ["answered with status 503", "answered with status 404"],
  ["HTTP/1.1 502 from gateway", "HTTP/1.1 504 from gateway"],
  ["exit code: 137", "exit code: 1"],
  ["errno=28", "errno=5"],
  ["disk full", "disk gone"],
  ["GET /api/orders failed", "GET /api/users failed"],
  ["caught S3Exception", "caught Http2Error"],
  ['{"msg":"db down","user":"bob"}', '{"msg":"disk full","user":"bob"}'],
  ['error="connection to db 7 refused"', 'error="connection to db 7 timed out"'],
  [
    "java.lang.NullPointerException\n\tat java.util.Objects.requireNonNull(Objects.java:1)\n\tat com.shop.Pay.run(Pay.java:17)",
    "java.lang.NullPointerException\n\tat java.util.Objects.requireNonNull(Objects.java:1)\n\tat com.shop.Cart.run(Cart.java:17)",
  ],
  [
    "failed\ncom.shop.A: x\n\tat com.shop.Pay.run(Pay.java:1)\nCaused by: com.shop.B: y",
    "failed\ncom.shop.A: x\n\tat com.shop.Pay.run(Pay.java:1)\nCaused by: com.shop.C: z",
  ],
];

for (const [a, b] of ALIKE) {
  test(`${JSON.stringify(a)} and ${JSON.stringify(b)} have one signature`, () =>
    assert.equal(signatureOf(a), signatureOf(b)));
}

for (const [a, b] of UNLIKE) {
  test(`${JSON.stringify(a)} and ${JSON.stringify(b)} have two signatures`, () =>
    assert.notEqual(signatureOf(a), signatureOf(b)));
}

const PIECES = [
  "1",
  "1.",
  "error: ",
  "status 1 ",
  "http/1.",
  "a.",
  "A1.",
  '"',
  "'a ",
  "/1",
  "<*>",
  "\n\tat a",
  "\n  File ",
];
for (const piece of PIECES) {
  test(`takes time in proportion to a text of nothing but ${JSON.stringify(piece)}`, () =>
    assertLinear(signatureOf, piece));
}
