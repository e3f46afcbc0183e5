import { lasted } from "../telemetry/phrases.ts";
import type { AlertMessage } from "../ports/alert-channel.ts";

/** Who sends it, and how to see that it holds nothing that it must not. */
export type Sender = {
  service: AlertMessage["service"];
  /** Where people reach the page. */
  page?: string;
  /** Masks secrets, and shows what could steer a terminal. */
  clean: (text: string) => string;
};

const MAX_DETAIL = 400;

/** What each message says of its sender. */
export function frame({ service, page }: Sender): Pick<AlertMessage, "service" | "page"> {
  return { service, page: page ?? null };
}

/** At most 400 characters, without line breaks, secrets and what could steer a terminal. */
export function oneLine(text: string, clean: Sender["clean"]): string {
  return short(clean(text).replaceAll(/\s+/g, " ").trim());
}

function short(text: string): string {
  return text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL - 1)}…`.toWellFormed() : text;
}

/** As long as the two times say that are shown, which are cut to seconds. */
export function lastedFrom(since: string, until: string): string {
  const second = (iso: string) => Math.floor(Date.parse(iso) / 1000);
  return lasted(Math.max(0, second(until) - second(since)));
}

/** The text of a message: its parts, notes to all of them, and who it is from. */
export function textOf(parts: readonly string[], notes: readonly string[], sender: Sender): string {
  const { version, role, host } = sender.service;
  const page = sender.page === undefined ? [] : [`Page: ${sender.page}`];
  const footer = [...page, `log-vectorizer ${version}, ${role} on ${host}`].join("\n");
  return [...parts, ...notes, footer].join("\n\n");
}

/** "2026-01-31 12:00:05 UTC". */
export function shownTime(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")} UTC`;
}
