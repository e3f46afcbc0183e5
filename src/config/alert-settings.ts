import { isEmail, linkUrl, smtpAddress, webhookUrl } from "./alert-addresses.ts";
import * as kinds from "./kinds.ts";
import type { Parsed } from "./kinds.ts";
import type { Setting } from "./setting.ts";

export const ALERT_SETTINGS = {
  ALERT_SLACK_WEBHOOK_URL: {
    group: "Alerts",
    description: "Incoming webhook of Slack, or of what takes the same messages.",
    otherwise: "no alerts there",
    placeholder: "<url>",
    secret: true,
    kind: webhookUrl,
  },
  ALERT_WEBHOOK_URL: {
    group: "Alerts",
    description: "URL that each alert is posted to as JSON.",
    otherwise: "no alerts there",
    placeholder: "<url>",
    secret: true,
    kind: webhookUrl,
  },
  ALERT_SMTP_URL: {
    group: "Alerts",
    description:
      "Mail server for alerts; smtps:// is TLS from the start, smtp:// STARTTLS where it is offered.",
    otherwise: "no alerts by e-mail",
    placeholder: "<url>",
    secret: true,
    kind: smtpAddress,
  },
  ALERT_EMAIL_TO: {
    group: "Alerts",
    description: "Recipients of alert mails, comma-separated.",
    placeholder: "<addresses>",
    kind: kinds.parsedBy("e-mail addresses, comma-separated", parseEmails),
  },
  ALERT_EMAIL_FROM: {
    group: "Alerts",
    description: "Sender of those mails.",
    otherwise:
      "the user of ALERT_SMTP_URL where that is an address, else log-vectorizer@ this host",
    placeholder: "<address>",
    kind: kinds.parsedBy("one e-mail address", parseEmail),
  },
  ALERT_PAGE_URL: {
    group: "Alerts",
    description: "Where people reach the page; each alert links to it.",
    otherwise: "where HTTP listens; no link where HTTP_HOST is a loopback address",
    placeholder: "<url>",
    kind: linkUrl,
  },
  ALERT_AFTER_SECONDS: {
    group: "Alerts",
    description:
      "How long a transient issue must last before it is alerted, and be over before it is resolved.",
    default: "60",
    placeholder: "<seconds>",
    kind: kinds.integer(1, 3600),
  },
  ALERT_REMINDER_HOURS: {
    group: "Alerts",
    description: "How often a reminder is sent for an issue that lasts.",
    default: "6",
    placeholder: "<hours>",
    kind: kinds.integer(1, 24 * 7),
  },
} satisfies Record<string, Setting>;

function parseEmail(text: string): Parsed<string> {
  const address = text.trim();
  return isEmail(address) ? { ok: true, value: address } : { ok: false };
}

function parseEmails(text: string): Parsed<string[]> {
  const parts = text.split(",").map((part) => part.trim());
  const addresses = [...new Set(parts.filter((part) => part !== ""))];
  const all = addresses.length > 0 && addresses.every(isEmail);
  return all ? { ok: true, value: addresses } : { ok: false };
}
