import assert from "node:assert/strict";
import { test } from "node:test";

import { parseSyslogLine } from "../../../../scripts/sample-logs/syslog-line.ts";

const NOW_MS = Date.parse("2026-07-01T00:00:00Z");

const LINES: [about: string, line: string, expected: ReturnType<typeof parseSyslogLine>][] = [
  [
    "program, detail and pid",
    "Jun 14 15:16:01 web sshd(pam_unix)[19939]: authentication failure; uid=0 ",
    {
      timestamp: "2026-06-14T15:16:01.000Z",
      service: "sshd",
      message: "authentication failure; uid=0 ",
    },
  ],
  [
    "a month that lies ahead is last year's",
    "Dec  3 01:02:03 web kernel: oops",
    { timestamp: "2025-12-03T01:02:03.000Z", service: "kernel", message: "oops" },
  ],
  [
    "no program",
    "Jun 14 15:16:01 web  -- root[24]: login",
    { timestamp: "2026-06-14T15:16:01.000Z", service: "--", message: "login" },
  ],
  [
    "a priority says the level",
    "<11>Jun 14 15:16:01 web app[1]: boom",
    {
      timestamp: "2026-06-14T15:16:01.000Z",
      level: "ERROR",
      service: "app",
      message: "boom",
    },
  ],
  [
    "today's rsyslog",
    "2026-06-14T17:16:01.123456+02:00 web app[1]: ERROR: boom",
    {
      timestamp: "2026-06-14T15:16:01.123Z",
      level: "ERROR",
      service: "app",
      message: "ERROR: boom",
    },
  ],
  [
    "RFC 5424",
    '<12>1 2026-06-14T15:16:01.5Z web app 12 ID4 [a@1 b="c"] boom: x',
    {
      timestamp: "2026-06-14T15:16:01.500Z",
      level: "WARNING",
      service: "app",
      message: "boom: x",
    },
  ],
  ["a line of log4j", "2026-06-14T15:16:01Z ERROR main: boom", undefined],
  ["an indented line", "    more of it", undefined],
];

for (const [about, line, expected] of LINES) {
  test(`a line of syslog is read: ${about}`, () => {
    assert.deepEqual(parseSyslogLine(line, NOW_MS), expected);
  });
}
