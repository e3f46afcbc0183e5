import assert from "node:assert/strict";
import { test } from "node:test";

import { parseApacheLine } from "../../../../scripts/sample-logs/apache-line.ts";

test("Apache's older error lines are read, their level as it is written", () => {
  assert.deepEqual(parseApacheLine("[Sun Dec 04 04:47:44 2005] [error] child 6 in error state 7"), {
    timestamp: "2005-12-04T04:47:44.000Z",
    level: "error",
    service: "apache",
    message: "child 6 in error state 7",
  });
});

test("Apache 2.4 names the module, and the client stays in the message", () => {
  const line =
    "[Fri Sep 09 10:42:29.902022 2022] [core:error] [pid 35:tid 43] [client 192.0.2.9:80] AH1: gone";
  assert.deepEqual(parseApacheLine(line), {
    timestamp: "2022-09-09T10:42:29.902Z",
    level: "error",
    service: "core",
    message: "[client 192.0.2.9:80] AH1: gone",
  });
});

test("a line of another kind is not Apache's", () => {
  assert.equal(parseApacheLine("[error] no time"), undefined);
});
