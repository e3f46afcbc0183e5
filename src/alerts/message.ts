import { withStop } from "../observability/failure.ts";
import { timeLeft } from "../observability/phrases.ts";
import type { AlertItem, AlertMessage } from "../ports/alert-channel.ts";
import type { Telling } from "./revise.ts";

/** Who sends it, and how to see that it holds nothing that it must not. */
export type Sender = {
  service: AlertMessage["service"];
  /** Where people reach the page. */
  page?: string;
  /** Masks secrets, and shows what could steer a terminal. */
  clean: (text: string) => string;
};

const MAX_ITEMS = 10;
const MAX_DETAIL = 400;

/** One message about everything that is to be told. */
export function compose(telling: Telling, sender: Sender, id: string, now: number): AlertMessage {
  const all = telling.items.map((item) => itemOf(item, sender.clean));
  const items = all.slice(0, MAX_ITEMS);
  const left = all.length - items.length;
  const notes = [
    ...(left > 0 ? [`And ${left} more: log-vectorizer status, or the page, shows them.`] : []),
    ...(telling.nextAt === undefined ? [] : [throttled(telling.nextAt)]),
  ];
  const at = isoTime(now);
  return {
    id,
    at,
    subject: subjectOf(all),
    text: textOf(
      items.map((item) => itemText(item, now)),
      notes,
      sender,
    ),
    items,
    ...frame(sender),
  };
}

/** What `alerts test` sends. */
export function testMessage(sender: Sender, id: string, now: number): AlertMessage {
  const text =
    "This is a test: alerts reach you here. Nothing is wrong, and nothing is to be done.";
  return {
    id,
    at: isoTime(now),
    subject: "[test] Alerts of log-vectorizer reach you",
    text: textOf([text], [], sender),
    items: [],
    ...frame(sender),
  };
}

function frame({ service, page }: Sender) {
  return { service, ...(page === undefined ? {} : { page }) };
}

function itemOf({ entry, state }: Telling["items"][number], clean: Sender["clean"]): AlertItem {
  const { family, which, severity, since, gone_at: goneAt, cost } = entry;
  const line = (text: string) => short(clean(text).replaceAll(/\s+/g, " ").trim());
  return {
    state,
    what: family,
    which: line(which),
    severity,
    title: line(entry.title),
    detail: line(entry.detail),
    since: isoTime(since),
    ...(state === "ended" && goneAt !== undefined ? { until: isoTime(goneAt) } : {}),
    ...(cost === undefined ? {} : { cost: line(cost) }),
    todo: line(entry.todo),
  };
}

function short(text: string): string {
  return text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL - 1)}…`.toWellFormed() : text;
}

/** The most pressing first, and how many others there are. */
function subjectOf(items: readonly AlertItem[]): string {
  const rank = ({ state, severity }: AlertItem) =>
    (state === "ended" ? 4 : state === "open" ? 2 : 0) + (severity === "critical" ? 0 : 1);
  const [first] = items.toSorted((a, b) => rank(a) - rank(b));
  if (!first) return "[log-vectorizer]";
  const others = items.length > 1 ? `, and ${items.length - 1} more` : "";
  return `[${tag(first)}] ${first.title}${others}`;
}

function tag({ state, severity }: AlertItem): string {
  if (state === "ended") return "over";
  return state === "open" ? `still ${severity}` : severity;
}

function itemText(item: AlertItem, now: number): string {
  const { state, title, detail, since, until, cost, todo } = item;
  const lasted = (to: number) => timeLeft(Math.max(0, to - Date.parse(since)) / 1000);
  if (until !== undefined) {
    const period = `${shownTime(since)} to ${shownTime(until)}, ${lasted(Date.parse(until))}`;
    return `[over] ${title}\nIt was so from ${period}.`;
  }
  const worse = state === "worse" ? ", worse than before" : "";
  return [
    `[${tag(item)}${worse}] ${title}`,
    `What: ${withStop(detail)}`,
    `Since: ${shownTime(since)} (${lasted(now)})`,
    ...(cost === undefined ? [] : [`Costs: ${withStop(cost)}`]),
    `To do: ${withStop(todo)}`,
  ].join("\n");
}

function textOf(parts: readonly string[], notes: readonly string[], sender: Sender): string {
  const { version, role, host } = sender.service;
  const page = sender.page === undefined ? [] : [`Page: ${sender.page}`];
  const footer = [...page, `log-vectorizer ${version}, ${role} on ${host}`].join("\n");
  return [...parts, ...notes, footer].join("\n\n");
}

function throttled(nextAt: number): string {
  return `These were many messages within an hour: what comes is told together, from ${shownTime(isoTime(nextAt))} on.`;
}

/** "2026-01-31 12:00:05 UTC". */
function shownTime(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")} UTC`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
