import { isoTime } from "../domain/iso-time.ts";
import { withStop } from "../telemetry/failure.ts";
import type { AlertItem, AlertMessage } from "../ports/alert-channel.ts";
import { frame, lastedFrom, oneLine, shownTime, textOf, type Sender } from "./message-frame.ts";
import type { Notification } from "./evaluate-alerts.ts";

const MAX_ITEMS = 10;

/** One message about everything that is to be told. */
export function compose(
  notification: Notification,
  sender: Sender,
  id: string,
  now: number,
): AlertMessage {
  const all = notification.items.map((told) => ({ told, item: itemOf(told, sender.clean) }));
  const shown = all.slice(0, MAX_ITEMS);
  const left = all.length - shown.length;
  const notes = [
    ...(left > 0 ? [`And ${left} more: log-vectorizer status, or the page, shows them.`] : []),
    ...(notification.nextAt === undefined ? [] : [throttled(notification.nextAt)]),
  ];
  return {
    id,
    at: isoTime(now),
    subject: subjectOf(all, sender.clean),
    text: textOf(
      shown.map((one) => itemText(one, now, sender.clean)),
      notes,
      sender,
    ),
    items: shown.map(({ item }) => item),
    errors: [],
    ...frame(sender),
  };
}

/** What `alerts test` sends. */
export function testMessage(sender: Sender, id: string, now: number): AlertMessage {
  const text =
    "This is a test: alerts reach you here. Nothing is wrong, and you need not do anything.";
  return {
    id,
    at: isoTime(now),
    subject: "[test] Alerts of log-vectorizer reach you",
    text: textOf([text], [], sender),
    items: [],
    errors: [],
    ...frame(sender),
  };
}

type Told = Notification["items"][number];
type Shown = { told: Told; item: AlertItem };

function itemOf({ entry, state }: Told, clean: Sender["clean"]): AlertItem {
  const { id, which, severity, since, gone_at: goneAt, impact } = entry;
  const line = (text: string) => oneLine(text, clean);
  return {
    state,
    id,
    which: line(which),
    severity,
    title: line(entry.title),
    detail: line(entry.detail),
    since: isoTime(since),
    ...(state === "ended" && goneAt !== undefined ? { until: isoTime(goneAt) } : {}),
    ...(impact === undefined ? {} : { impact: line(impact) }),
    action: line(entry.action),
  };
}

/** The most pressing first, and how many others there are. */
function subjectOf(all: readonly Shown[], clean: Sender["clean"]): string {
  const rank = ({ item: { state, severity } }: Shown) =>
    (state === "ended" ? 4 : state === "open" ? 2 : 0) + (severity === "critical" ? 0 : 1);
  const [first] = all.toSorted((a, b) => rank(a) - rank(b));
  if (!first) return "[log-vectorizer]";
  const others = all.length > 1 ? `, and ${all.length - 1} more` : "";
  return `${headline(first, clean)}${others}`;
}

/** "[critical] OpenSearch does not answer", "[resolved] OpenSearch did not answer for 83 s (22:46:44 to 22:48:07 UTC)". */
function headline({ told: { entry }, item }: Shown, clean: Sender["clean"]): string {
  const { state, severity, title, since, until } = item;
  if (until !== undefined) {
    const past = oneLine(entry.past, clean);
    return `[resolved] ${past} for ${lastedFrom(since, until)} (${period(since, until)})`;
  }
  return `[${state === "open" ? `still ${severity}` : severity}] ${title}`;
}

function itemText(shown: Shown, now: number, clean: Sender["clean"]): string {
  const { state, detail, since, until, impact, action } = shown.item;
  const first = headline(shown, clean);
  if (until !== undefined) return first;
  return [
    state === "worse" ? first.replace("]", ", worse than before]") : first,
    `What: ${withStop(detail)}`,
    `Since: ${shownTime(since)} (${lastedFrom(since, isoTime(now))})`,
    ...(impact === undefined ? [] : [`Impact: ${withStop(impact)}`]),
    `To do: ${withStop(action)}`,
  ].join("\n");
}

/** "22:46:44 to 22:48:07 UTC", with the days where they are two. */
function period(since: string, until: string): string {
  const from = since.slice(0, 10) === until.slice(0, 10) ? 11 : 0;
  const shown = (iso: string) => iso.slice(from, 19).replace("T", " ");
  return `${shown(since)} to ${shown(until)} UTC`;
}

function throttled(nextAt: number): string {
  return `The limit of messages per hour is reached: further issues are sent together, from ${shownTime(isoTime(nextAt))} on.`;
}
