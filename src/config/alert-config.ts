import { hostname } from "node:os";
import { isEmail, type SmtpAddress } from "./alert-addresses.ts";
import type { Problem } from "./config-error.ts";
import { isLoopback } from "./http-config.ts";
import type { SettingReader } from "./setting-reader.ts";

export type AlertConfig = {
  slackUrl?: string;
  webhookUrl?: string;
  /** `requireTls`: a password is sent over TLS only. */
  email?: { server: SmtpAddress & { requireTls: boolean }; from: string; to: string[] };
  /** URL of the page for people; absent where unknown. */
  pageUrl?: string;
  afterMs: number;
  reminderMs: number;
};

/** Undefined without a channel. */
export function alertConfig(reader: SettingReader): AlertConfig | undefined {
  const { read, need } = reader;
  const slackUrl = read("ALERT_SLACK_WEBHOOK_URL");
  const webhookUrl = read("ALERT_WEBHOOK_URL");
  const email = emailConfig(reader);
  if (slackUrl === undefined && webhookUrl === undefined && email === undefined) return undefined;
  const pageUrl = read("ALERT_PAGE_URL") ?? ownPage(reader);
  return {
    ...(slackUrl !== undefined && { slackUrl }),
    ...(webhookUrl !== undefined && { webhookUrl }),
    ...(email !== undefined && { email }),
    ...(pageUrl !== undefined && { pageUrl }),
    afterMs: need("ALERT_AFTER_SECONDS") * 1000,
    reminderMs: need("ALERT_REMINDER_HOURS") * 3_600_000,
  };
}

function emailConfig({ read }: SettingReader): AlertConfig["email"] {
  const server = read("ALERT_SMTP_URL");
  const to = read("ALERT_EMAIL_TO");
  if (server === undefined || to === undefined) return undefined;
  const user = server.auth?.user;
  const own = user !== undefined && isEmail(user) ? user : `log-vectorizer@${hostname()}`;
  const requireTls = server.auth !== undefined && !isLoopback(server.host);
  return { server: { ...server, requireTls }, to, from: read("ALERT_EMAIL_FROM") ?? own };
}

function ownPage({ read, need }: SettingReader): string | undefined {
  const port = read("HTTP_PORT");
  if (port === undefined || port === 0) return undefined;
  const host = need("HTTP_HOST");
  // A loopback link is useless to readers elsewhere.
  if (isLoopback(host)) return undefined;
  const named = host === "0.0.0.0" || host === "::" ? hostname() : host;
  return `http://${named.includes(":") ? `[${named}]` : named}:${port}/`;
}

/** Mail needs both a server and recipients. */
export function alertProblems({ given, malformed }: SettingReader): Problem[] {
  const [server, to] = [given("ALERT_SMTP_URL"), given("ALERT_EMAIL_TO")];
  if (server === to || malformed("ALERT_SMTP_URL") || malformed("ALERT_EMAIL_TO")) return [];
  const sentence = server
    ? "not set, but ALERT_SMTP_URL is; set whom alerts are mailed to, or none of both"
    : "not set, but ALERT_EMAIL_TO is; set the mail server, or none of both";
  return [{ name: server ? "ALERT_EMAIL_TO" : "ALERT_SMTP_URL", sentence }];
}
