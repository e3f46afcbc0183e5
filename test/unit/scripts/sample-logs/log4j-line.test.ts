import assert from "node:assert/strict";
import { test } from "node:test";

import { parseLog4jLine } from "../../../../scripts/sample-logs/log4j-line.ts";

const TIME = "2024-05-06T10:11:12.345Z";

const LINES: [about: string, line: string, expected: ReturnType<typeof parseLog4jLine>][] = [
  [
    "log4j as Hadoop lays it out",
    "2024-05-06 10:11:12,345 ERROR [Allocator 3] org.example.rm.Allocator: ERROR IN CONTACTING RM: x",
    { timestamp: TIME, level: "ERROR", service: "Allocator", message: "ERROR IN CONTACTING RM: x" },
  ],
  [
    "ZooKeeper's bracket that holds brackets",
    "2024-05-06 10:11:12,345 - WARN  [Peer[myid=1]/0:0:0:0:2181:Manager$Worker@765] - Interrupting - now",
    { timestamp: TIME, level: "WARN", service: "Manager$Worker", message: "Interrupting - now" },
  ],
  [
    "logback",
    "2024-05-06 10:11:12.345 [http-exec-1] ERROR c.x.OrderService - Could not place order: x",
    {
      timestamp: TIME,
      level: "ERROR",
      service: "OrderService",
      message: "Could not place order: x",
    },
  ],
  [
    "Spring Boot, in another zone",
    "2024-05-06T12:11:12.345+02:00 ERROR 4711 --- [shop] [exec-1] c.x.OrderService   : no - order: x",
    { timestamp: TIME, level: "ERROR", service: "OrderService", message: "no - order: x" },
  ],
  [
    "Python's logging",
    "2024-05-06 10:11:12,345 - my.app - ERROR - boom: x",
    { timestamp: TIME, level: "ERROR", service: "my.app", message: "boom: x" },
  ],
  [
    "OpenStack, a file's name before the time",
    "api.log 2024-05-06 10:11:12.345 25746 INFO nova.compute.manager [req-38 - - -] [instance: 1] up",
    { timestamp: TIME, level: "INFO", service: "nova", message: "[instance: 1] up" },
  ],
  [
    "two digits of a year and a bare logger",
    "24/05/06 10:11:12 WARN NativeCodeLoader: Unable to load",
    {
      timestamp: "2024-05-06T10:11:12.000Z",
      level: "WARN",
      service: "NativeCodeLoader",
      message: "Unable to load",
    },
  ],
  [
    "nginx",
    "2024/05/06 10:11:12 [error] 12#12: *1 upstream timed out",
    {
      timestamp: "2024-05-06T10:11:12.000Z",
      level: "error",
      message: "12#12: *1 upstream timed out",
    },
  ],
  [
    "an exception that is no logger",
    "2024-05-06 10:11:12,345 ERROR java.io.IOException: disk full",
    { timestamp: TIME, level: "ERROR", message: "java.io.IOException: disk full" },
  ],
  [
    "a date that does not exist",
    "2024-13-46 10:11:12,345 ERROR boom",
    { level: "ERROR", message: "boom" },
  ],
  ["a level far from the time", "2024-05-06 10:11:12,345 Task ended with ERROR code", undefined],
  ["a line of a stack trace", "\tat org.example.Foo.bar(Foo.java:12)", undefined],
];

for (const [about, line, expected] of LINES) {
  test(`a line of log4j's kin is read: ${about}`, () => {
    assert.deepEqual(parseLog4jLine(line), expected);
  });
}
