import assert from "node:assert/strict";
import { test } from "node:test";
import {
  alertRoutesShape,
  NO_ROUTES,
  quietUntil,
  routeOf,
} from "../../../../src/alerting/errors/alert-routes.ts";
import { alert } from "./error-alert-setup.ts";

const ALL = ["slack", "webhook", "email"] as const;
const at = (time: string) => Date.parse(`${time}:00Z`);
const until = (ms: number | undefined) =>
  ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16);

const ROUTES = alertRoutesShape.parse({
  routes: [
    { services: ["pay*"], levels: ["fatal"], channels: ["email", "slack"], quiet_hours: false },
    { services: ["Sandbox"], channels: [] },
    { kinds: ["ended"], channels: ["webhook"] },
  ],
});

test("the first route that fits is taken, whatever the case of names; without one all are told", () => {
  const routes = [
    alert({ service: "payment", level: "FATAL" }),
    alert({ service: "payment", level: "ERROR" }),
    alert({ service: "SANDBOX" }),
    alert({ service: null, level: null, kind: "ended" }),
  ].map((one) => routeOf(one, ROUTES, ALL));
  assert.deepEqual(routes, [
    { route: 1, channels: ["slack", "email"] },
    { route: null, channels: [...ALL] },
    { route: 2, channels: [] },
    { route: 3, channels: ["webhook"] },
  ]);
});

test("without a file everybody is told at any time", () => {
  assert.deepEqual(routeOf(alert(), NO_ROUTES, ["slack"]), { route: null, channels: ["slack"] });
  assert.equal(quietUntil(alert(), NO_ROUTES, at("2026-01-02T03:04")), undefined);
});

// 2026-01-02 is a Friday.
const NIGHT = { quiet_hours: [{ days: ["fri"], from: "22:00", to: "07:00" }] };
const QUIET: [what: string, file: unknown, now: string, end: string | undefined][] = [
  ["before they begin", NIGHT, "2026-01-02T21:59", undefined],
  ["at their beginning", NIGHT, "2026-01-02T22:00", "2026-01-03T07:00"],
  ["after midnight, on the day after", NIGHT, "2026-01-03T06:59", "2026-01-03T07:00"],
  ["at their end", NIGHT, "2026-01-03T07:00", undefined],
  ["after midnight of the day before", NIGHT, "2026-01-02T03:00", undefined],
  [
    "in another time zone",
    { ...NIGHT, time_zone: "Asia/Seoul" },
    "2026-01-02T13:00",
    "2026-01-02T22:00",
  ],
  [
    "the whole day",
    { quiet_hours: [{ from: "00:00", to: "00:00" }] },
    "2026-01-02T13:00",
    "2026-01-03T00:00",
  ],
  [
    "two of them: the later end",
    {
      quiet_hours: [
        { from: "12:00", to: "14:00" },
        { from: "13:00", to: "15:00" },
      ],
    },
    "2026-01-02T13:30",
    "2026-01-02T15:00",
  ],
  [
    "a level that is excepted",
    { quiet_hours: [{ from: "00:00", to: "00:00", except_levels: ["error"] }] },
    "2026-01-02T13:00",
    undefined,
  ],
  [
    "a route that is told at any time",
    {
      quiet_hours: [{ from: "00:00", to: "00:00" }],
      routes: [{ services: ["payment"], channels: ["slack"], quiet_hours: false }],
    },
    "2026-01-02T13:00",
    undefined,
  ],
];
for (const [what, file, now, end] of QUIET) {
  test(`quiet hours: ${what}`, () => {
    assert.equal(until(quietUntil(alert(), alertRoutesShape.parse(file), at(now))), end);
  });
}

test("what is not of the form is refused", () => {
  for (const file of [
    { time_zone: "Mars/Olympus" },
    { quiet_hours: [{ from: "22", to: "07:00" }] },
    { routes: [{ channels: ["pager"] }] },
    { routes: [{ services: "payment", channels: [] }] },
    { route: [] },
  ]) {
    assert.equal(alertRoutesShape.safeParse(file).success, false, JSON.stringify(file));
  }
});
