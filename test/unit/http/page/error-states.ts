import type {
  AlikeRow,
  CarriedNote,
  GroupAnswer,
  GroupRow,
  GroupsAnswer,
  Like,
  PlacesAnswer,
  ShownState,
  WhereAnswer,
} from "../../../../src/analysis/group-answers.ts";
import type { Note } from "../../../../src/domain/memory/note.ts";

const NOW = Date.UTC(2026, 0, 10, 12, 30);
const HOUR = 3_600_000;

/** So many hours before the moment of these states, ISO 8601. */
function hoursAgo(hours: number): string {
  return new Date(NOW - hours * HOUR).toISOString();
}

const ids = (character: string) => character.repeat(16);

const ROWS: [ShownState, string | null, string | null, string, number[]][] = [
  ["new", "checkout", null, "Payment <*> declined: insufficient funds", [3, 0, 9, 4]],
  ["back", "gateway-eu-west-production", null, "upstream <*> timed out after <*> ms", [1, 1, 2, 8]],
  [
    "open",
    "billing",
    "java.lang.NullPointerException",
    "java.lang.NullPointerException: cart <*>\n\tat com.shop.Cart.total",
    [5, 5, 4, 5],
  ],
  ["known", null, null, "Disk of <*> is full", [0, 0, 0, 1]],
  ["muted", "reports", null, "Report <*> has no rows", [0, 0, 0, 0]],
  ["resolved", "mail", "SmtpError", "Mailbox <*> unavailable", [0, 0, 0, 0]],
];

function rowOf([state, service, exception, template, recent]: (typeof ROWS)[number], i: number) {
  const hours = [...Array.from({ length: 24 - recent.length }, () => i % 3), ...recent];
  return {
    group: ids("abcdef".charAt(i % 6)),
    merged: i === 1 ? [ids("1"), ids("2")] : [],
    state,
    service,
    exception,
    template,
    example: template.replaceAll("<*>", `4${i}17`),
    index: "app_logs_2026_01",
    id: `log-${i}`,
    shard_key: null,
    count: 17 ** (6 - i) + 3,
    first_seen: hoursAgo(20 + i * 40),
    last_seen: hoursAgo(i * i * 3),
    hours,
  } satisfies GroupRow;
}

const KEPT = { kept: true, problems: [] };
const CLOSED = {
  kept: true,
  problems: [
    {
      message: "log-vectorizer-notes is closed",
      hint: "Open it: POST /log-vectorizer-notes/_open.",
    },
  ],
};
const GAPS = [{ index: "gateway_logs", reason: "a part of it did not answer (1 of 5 shards)" }];

/** Of the first rows, by their place. */
const LIKES: Like[] = [
  {
    group: ids("7"),
    service: "checkout",
    template: "PAYMENT <*> declined, insufficient funds",
    surely: true,
    cosine: 0.98,
    note: true,
  },
  {
    group: ids("8"),
    service: "gateway-us-east-production",
    template: "upstream <*> timed out after <*> seconds",
    surely: false,
    cosine: 0.93,
    note: null,
  },
  {
    group: ids("9"),
    service: null,
    template: "java.lang.NullPointerException: basket <*>",
    surely: false,
    cosine: 0.91,
    note: false,
  },
];

export function errors(changes: Partial<GroupsAnswer> = {}): GroupsAnswer {
  const groups = ROWS.map((row, i) => ({ ...rowOf(row, i), like: LIKES[i] ?? null }));
  return {
    groups,
    total: groups.length,
    records: groups.reduce((sum, { count }) => sum + count, 0),
    ungrouped: 0,
    left_out: [],
    other_model: 0,
    memory: KEPT,
    gaps: [],
    ...changes,
  };
}

const NONE = { groups: [], total: 0, records: 0 };

/** What the list of errors is to show, by the name of its state. */
export const ERRORS: Readonly<Record<string, GroupsAnswer>> = {
  errors: errors(),
  "errors-none": errors(NONE),
  "errors-without-group": errors({ ...NONE, ungrouped: 41_203 }),
  "errors-first-run": errors({
    groups: ROWS.map(rowOf),
    memory: { kept: false, problems: [] },
  }),
  "errors-other-model": errors({
    groups: ROWS.map((row, i) => ({ ...rowOf(row, i), like: null })),
    other_model: 5,
  }),
  "errors-broken": errors({
    groups: ROWS.map(rowOf),
    memory: CLOSED,
    gaps: GAPS,
    ungrouped: null,
    left_out: [{ index: "audit_logs", reason: "log_vector is mapped as float" }],
  }),
};

const NOTES: Note[] = [
  {
    id: "note-2",
    group: ids("c"),
    episode: null,
    cause: "The pool of connections was exhausted after the deploy of 14:02.",
    fix: "Rolled back to 2.3.1.\nThen raised maxPoolSize to 40.",
    link: "https://wiki.example.com/incidents/2026-01-09",
    author: "kim",
    at: hoursAgo(5),
    verdicts: [
      { verdict: "confirmed", by: "ada", at: hoursAgo(2) },
      { verdict: "outdated", by: "li", at: hoursAgo(1) },
    ],
  },
  {
    id: "note-1",
    group: ids("c"),
    episode: null,
    cause: null,
    fix: "Restart the service.",
    link: null,
    author: "somebody",
    at: hoursAgo(300),
    verdicts: [{ verdict: "wrong", by: "kim", at: hoursAgo(5) }],
  },
];

const ALIKE: AlikeRow[] = [
  {
    group: ids("8"),
    state: "known",
    service: "billing",
    exception: "java.lang.NullPointerException",
    template: "java.lang.NullPointerException: Cart <*>",
    surely: true,
    cosine: 0.987,
    common: ["java.lang.NullPointerException", "cart"],
    only_this: [],
    only_other: [],
    differs: [],
    notes: NOTES.slice(1),
  },
  {
    group: ids("9"),
    state: "open",
    service: null,
    exception: "java.lang.NullPointerException",
    template: "java.lang.NullPointerException: basket <*>",
    surely: false,
    cosine: 0.912,
    common: ["java.lang.NullPointerException"],
    only_this: ["cart"],
    only_other: ["basket"],
    differs: ["service"],
    notes: null,
  },
];

const CARRIED: CarriedNote[] = NOTES.map((note, i) => ({
  ...note,
  alike_group: ids("8"),
  surely: i === 0,
  cosine: 0.987,
  mark: i === 0 ? null : "wrong",
  differs: [
    { what: "service", now: "billing", before: "shop" },
    { what: "words", now: "cart", before: "" },
  ],
}));

const NO_PLACES = {
  names: [],
  others: { count: 0, usual_count: 0 },
  unnamed: { count: 4921, usual_count: 118_404 },
};

const WHERE: WhereAnswer = {
  from: hoursAgo(4),
  to: hoursAgo(0.5),
  usual_from: hoursAgo(4 + 30 * 24),
  count: 4921,
  usual_count: 118_404,
  hosts: {
    names: [
      placeOf("billing-7f9c-node-3.eu-west-1.compute.internal", 4100, 0),
      placeOf("billing-7f9c-node-1.eu-west-1.compute.internal", 700, 60_204),
      placeOf("billing-7f9c-node-2.eu-west-1.compute.internal", 0, 57_000),
    ],
    others: { count: 101, usual_count: 1200 },
    unnamed: { count: 20, usual_count: 0 },
  },
  versions: {
    names: [placeOf("2.4.0-rc.1", 4100, 0), placeOf("2.3.1", 821, 118_404)],
    others: { count: 0, usual_count: 0 },
    unnamed: { count: 0, usual_count: 0 },
  },
};

function placeOf(name: string, count: number, usual: number): PlacesAnswer["names"][number] {
  return {
    name,
    count,
    share: count / 4921,
    usual_count: usual,
    usual_share: usual / 118_404,
    new: usual === 0,
  };
}

const STACK = `java.lang.NullPointerException: cart 8817
\tat com.shop.Cart.total(Cart.java:41)
\tat com.shop.Checkout.pay(Checkout.java:112)
\tat jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:103)`;

function group(changes: Partial<GroupAnswer> = {}): GroupAnswer {
  const [row = ROWS[0]] = ROWS.slice(2);
  if (!row) throw new Error("no rows");
  return {
    ...rowOf(row, 2),
    example: STACK,
    days: [1, 2, 3, 6, 7, 8, 9, 10].map((day) => ({
      day: `2026-01-${String(day).padStart(2, "0")}`,
      count: (day * 7) % 11,
    })),
    episodes: [
      {
        group: ids("c"),
        service: "billing",
        template: "java.lang.NullPointerException: cart <*>",
        from: hoursAgo(4),
        to: hoursAgo(0.5),
        count: 4921,
        ended: false,
        began_before: false,
        rose: [
          {
            group: ids("b"),
            service: "gateway",
            template: "upstream <*> timed out after <*> ms",
            during: 212,
            before: 3,
            lift: 38.2,
          },
          {
            group: ids("d"),
            service: null,
            template: "Disk of <*> is full",
            during: 9,
            before: 1,
            lift: 4,
          },
        ],
      },
      ...[30, 90, 300].map((hours) => ({
        group: ids("c"),
        service: "billing",
        template: "java.lang.NullPointerException: cart <*>",
        from: hoursAgo(hours + 2),
        to: hoursAgo(hours),
        count: hours * 3,
        ended: true,
        began_before: hours === 300,
      })),
    ],
    where: WHERE,
    notes: NOTES,
    alike: [],
    carried: [],
    more_notes: false,
    memory: KEPT,
    gaps: [],
    ...changes,
  };
}

/** What the page of one error is to show, by the name of its state. */
export const GROUPS: Readonly<Record<string, GroupAnswer>> = {
  error: group(),
  "error-merged": group({ merged: [ids("1"), ids("2")], state: "known" }),
  "error-no-notes": group({
    notes: [],
    episodes: group().episodes.slice(1, 2),
    where: { ...WHERE, usual_count: 0, hosts: NO_PLACES, versions: NO_PLACES },
  }),
  "error-alike": group({ notes: [], alike: ALIKE, carried: CARRIED }),
  "error-first-run": group({ notes: [], memory: { kept: false, problems: [] } }),
  "error-deleted": group({
    count: 0,
    hours: Array.from({ length: 24 }, () => 0),
    days: [],
    episodes: [],
    where: null,
    state: "resolved",
  }),
  "error-broken": group({
    where: null,
    notes: null,
    alike: null,
    carried: null,
    memory: CLOSED,
    gaps: GAPS,
  }),
};

/** The moment of these states, in ms since the epoch. */
export const ERRORS_NOW = NOW;
