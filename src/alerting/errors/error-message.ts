import { isoTime } from "../../domain/iso-time.ts";
import {
  ERROR_ALERT_KINDS,
  type ErrorAlert,
  type LikeCase,
  type OtherNames,
} from "../../domain/memory/error-alert.ts";
import type { AlertMessage, ErrorItem } from "../../ports/alert-channel.ts";
import { withStop } from "../../telemetry/failure.ts";
import { frame, oneLine, textOf, type Sender } from "../message-frame.ts";
import { WORDS, type Language, type Words } from "./words.ts";

/** ALERT_LANGUAGE, and ALERT_LOG_TEXT: whether a message has the template of an error. */
export type MessageStyle = { language: Language; text: "template" | "none" };

/** More are one line each. */
const MAX_WHOLE = 5;
const MAX_ERRORS = 20;
const MAX_TEMPLATE = 200;
const MAX_NAMED = 80;
/** Of hosts and versions. */
const MAX_NAMES = 3;
const MINUTE_MS = 60_000;

/**
 * One message about errors: five lines of each, or one line where there are more than five. `nextAt`: no other is sent before that
 * time, in ms since the epoch.
 */
export function composeErrors(
  alerts: readonly ErrorAlert[],
  sender: Sender,
  style: MessageStyle,
  { id, now, nextAt }: { id: string; now: number; nextAt?: number },
): AlertMessage {
  const words = WORDS[style.language];
  const context: Context = { words, style, now, sender };
  const shown = alerts.slice(0, MAX_ERRORS);
  const left = alerts.length - shown.length;
  const heads = shown.map((alert) => headline(alert, context));
  const parts =
    shown.length > MAX_WHOLE
      ? [heads.join("\n")]
      : shown.map((alert, i) => [heads[i], ...detailLines(alert, context)].join("\n"));
  const notes = [
    ...(left > 0 ? [words.more(left)] : []),
    ...(nextAt === undefined ? [] : [words.throttled(timeOf(nextAt))]),
  ];
  const [only = ""] = heads;
  return {
    id,
    at: isoTime(now),
    subject: alerts.length === 1 ? only : words.subject(alerts.length, kindsOf(alerts, words)),
    text: textOf(parts, notes, sender),
    items: [],
    errors: shown.map((alert) => itemOf(alert, context)),
    ...frame(sender),
  };
}

type Context = { words: Words; style: MessageStyle; now: number; sender: Sender };

function kindsOf(alerts: readonly ErrorAlert[], words: Words): string {
  const counts = ERROR_ALERT_KINDS.flatMap((kind) => {
    const of = alerts.filter((one) => one.kind === kind).length;
    return of === 0 ? [] : [words.kind(kind, of)];
  });
  return counts.join(", ");
}

/** "[new, like a past case] payment: connection to <*> refused". */
function headline(alert: ErrorAlert, context: Context): string {
  const { words, sender } = context;
  const service = alert.service === null ? "" : `${alert.service}: `;
  return oneLine(`[${words.tag(alert)}] ${service}${whatOf(alert, context)}`, sender.clean);
}

function whatOf(alert: Pick<ErrorAlert, "group" | "template">, context: Context): string {
  const { style, words } = context;
  const isShown = style.text === "template" && alert.template !== "";
  return isShown ? cut(alert.template, MAX_TEMPLATE) : words.withoutText(alert.group);
}

function detailLines(alert: ErrorAlert, context: Context): string[] {
  const { words, style, sender } = context;
  const { service, exception, level, like } = alert;
  const where = [
    service ?? words.noService,
    // The type of an exception may be a part of the text.
    ...(exception !== null && style.text === "template" ? [exception] : []),
    ...(level === null ? [] : [words.level(level)]),
  ].join(", ");
  const isOver = alert.kind === "ended" || alert.kind === "spike_ended";
  const likeLine = like ? likeText(alert, like, context) : words.noLike;
  return [
    `${words.where}: ${where}`,
    `${words.since}: ${whenOf(alert, context)}`,
    ...(isOver || alert.kind === "spike" ? [] : [`${words.likeLabel}: ${likeLine}`]),
    `${words.links}: ${linksOf(alert, context)}`,
  ].map((line) => longLine(line, sender));
}

/** Notes of people may be longer than other lines. */
function longLine(text: string, { clean }: Sender): string {
  return cut(clean(text).replaceAll(/\s+/g, " ").trim(), 2000);
}

function whenOf(alert: ErrorAlert, { words, now }: Context): string {
  const { kind, since, until, count, silent, usual, accepted } = alert;
  const from = timeOf(since);
  const silence = silent === undefined ? [] : [words.silence(Math.floor(silent / 1000))];
  if (until !== undefined) {
    return [
      words.between(from, timeOf(until), secondsBetween(since, until + MINUTE_MS)),
      ...(count === undefined ? [] : [words.times(count)]),
      ...silence,
      ...(usual ? [words.usually(usual.records, usual.window / 1000)] : []),
      ...(accepted ? [words.accepted] : []),
    ].join(", ");
  }
  if (kind === "spike" && usual && count !== undefined) {
    return `${from} (${words.ago(secondsBetween(since, now))}), ${words.rate(count, usual.records, usual.window / 1000)}`;
  }
  return [
    `${from} (${words.ago(secondsBetween(since, now))})`,
    ...(count === undefined ? [] : [words.times(count)]),
    ...silence,
  ].join(", ");
}

function likeText(alert: ErrorAlert, like: LikeCase, context: Context): string {
  const { words } = context;
  const { note } = like;
  const percent = Math.round(100 * like.likeness);
  const noted = note
    ? [
        ...(note.cause === null ? [] : [`${words.cause}: ${withStop(note.cause)}`]),
        ...(note.fix === null ? [] : [`${words.fix}: ${withStop(note.fix)}`]),
        `(${words.by(note.author, note.at.slice(0, 10), note.confirmed)}${note.link === null ? "" : `, ${note.link}`})`,
      ].join(" ")
    : "";
  const which = like.same_group ? words.sameError : words.otherError(whatOf(like, context));
  const differs = differencesOf(alert, like, context);
  return [
    `${words.like(percent, timeOf(like.from), timeOf(like.to), like.count)}, ${which}.`,
    noted,
    differs === "" ? "" : `${words.otherwise}: ${differs}.`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** A past case never hides what is other this time. */
function differencesOf(alert: ErrorAlert, like: LikeCase, context: Context): string {
  const { words } = context;
  const names = (groups: LikeCase["only_now"]) =>
    groups.map((one) => `“${cut(whatOf(one, context), MAX_NAMED)}”`).join(", ");
  const isOther = !like.same_group && like.service !== alert.service;
  return [
    ...(isOther
      ? [words.otherService(alert.service ?? words.noService, like.service ?? words.noService)]
      : []),
    ...otherNames("host", like.hosts, context),
    ...otherNames("version", like.versions, context),
    ...(like.only_now.length > 0 ? [words.onlyNow(names(like.only_now))] : []),
    ...(like.only_then.length > 0 ? [words.onlyThen(names(like.only_then))] : []),
  ].join("; ");
}

/** Where some are those of then, the others are said. */
function otherNames(
  kind: "host" | "version",
  names: OtherNames | undefined,
  { words }: Context,
): string[] {
  if (!names) return [];
  const { now, before } = names;
  const listed = (all: readonly string[]) => {
    const shown = all.slice(0, MAX_NAMES).map((name) => cut(name, MAX_NAMED));
    const left = all.length - shown.length;
    return `${shown.join(", ")}${left > 0 ? words.andMore(left) : ""}`;
  };
  const added = now.filter((name) => !before.includes(name));
  if (added.length === 0) return [];
  return added.length === now.length
    ? [words.otherNames(kind, listed(now), listed(before), now.length)]
    : [words.moreNames(kind, listed(added), added.length)];
}

/** This group and, of a past case, that one, at its episode. */
function linksOf({ group, like }: ErrorAlert, { words, sender }: Context): string {
  const { page } = sender;
  if (page === undefined) {
    const show = (id: string) => `log-vectorizer groups show ${id}`;
    const that = like && !like.same_group ? [`${words.thatOne} ${show(like.group)}`] : [];
    return [`${words.thisOne} ${show(group)}`, ...that].join(", ");
  }
  const link = (id: string) => new URL(`errors/${id}`, page.replace(/\/?$/, "/")).href;
  const that = like ? [`${words.thatOne} ${link(like.group)}#${like.episode}`] : [];
  return [`${words.thisOne} ${link(group)}`, ...that].join(", ");
}

function itemOf(alert: ErrorAlert, { style, sender }: Context): ErrorItem {
  const clean = (text: string) => oneLine(text, sender.clean);
  const cleaned = (text: string | null) => (text === null ? null : clean(text));
  const { like, until, count } = alert;
  return {
    kind: alert.kind,
    group: alert.group,
    service: cleaned(alert.service),
    exception: style.text === "none" ? null : cleaned(alert.exception),
    level: cleaned(alert.level),
    template: style.text === "none" ? null : clean(alert.template),
    since: isoTime(alert.since),
    ...(until === undefined ? {} : { until: isoTime(until) }),
    ...(count === undefined ? {} : { count }),
    like: like
      ? {
          group: like.group,
          service: cleaned(like.service),
          likeness: like.likeness,
          from: isoTime(like.from),
          to: isoTime(like.to),
          count: like.count,
          note: like.note
            ? {
                ...like.note,
                cause: cleaned(like.note.cause),
                fix: cleaned(like.note.fix),
                author: clean(like.note.author),
              }
            : null,
        }
      : null,
  };
}

/** "2026-01-31 12:00 UTC": episodes begin and end with a minute. */
function timeOf(ms: number): string {
  return `${isoTime(ms).slice(0, 16).replace("T", " ")} UTC`;
}

function secondsBetween(from: number, to: number): number {
  return Math.max(0, Math.floor((to - from) / 1000));
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…`.toWellFormed() : text;
}
