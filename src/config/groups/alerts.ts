import { hostname } from "node:os";
import { linkUrl, smtpAddress, webhookUrl } from "../addresses.ts";
import { integer, listOf, oneOf, parsedBy, readableFile } from "../kinds.ts";
import type { Parsed } from "../kinds.ts";
import { isSet, present } from "../setting.ts";
import type { Condition, Settings } from "../setting.ts";
import type { SettingReader } from "../settings.ts";
import { isLoopback } from "./http.ts";

const CHANNELS = ["ALERT_SLACK_WEBHOOK_URL", "ALERT_WEBHOOK_URL", "ALERT_SMTP_URL"] as const;

type Channel = (typeof CHANNELS)[number];

export const hasAlertChannel: Condition<Channel | "ALERT_PAGE_URL"> = {
  // The row of ALERT_PAGE_URL has its own condition.
  about: [...CHANNELS, "ALERT_PAGE_URL"],
  says: `${CHANNELS.join(", ").replace(/, (\w+)$/, " or $1")} is set`,
  unmet: ({ given }) => (CHANNELS.some(given) ? undefined : "no alert channel is set"),
};

/** A generated token is printed with the page's URL. */
const linksPage: Condition<Channel | "ALERT_PAGE_URL" | "HTTP_TOKEN_GENERATE"> = {
  about: ["HTTP_TOKEN_GENERATE"],
  says: "an alert channel is set, or HTTP_TOKEN_GENERATE is true",
  unmet: (settings) =>
    settings.read("HTTP_TOKEN_GENERATE") === true ? undefined : hasAlertChannel.unmet(settings),
};

export const ALERTS = {
  ALERT_SLACK_WEBHOOK_URL: {
    description: "Incoming webhook of Slack, or of what takes the same messages.",
    otherwise: "no alerts there",
    secret: true,
    kind: webhookUrl,
  },
  ALERT_WEBHOOK_URL: {
    description: "URL that each alert is posted to as JSON.",
    otherwise: "no alerts there",
    secret: true,
    kind: webhookUrl,
  },
  ALERT_SMTP_URL: {
    description:
      "Mail server for alerts; smtps:// is TLS from the start, smtp:// STARTTLS where it is offered.",
    otherwise: "no alerts by e-mail",
    secret: true,
    kind: smtpAddress,
    requires: [isSet("ALERT_EMAIL_TO")],
  },
  ALERT_EMAIL_TO: {
    description: "Recipients of alert mails, comma-separated.",
    kind: listOf("e-mail addresses, comma-separated", parseEmail, { placeholder: "addresses" }),
    requires: [isSet("ALERT_SMTP_URL")],
  },
  ALERT_EMAIL_FROM: {
    description: "Sender of those mails.",
    otherwise:
      "the user of ALERT_SMTP_URL where that is an address, else log-vectorizer@ this host",
    kind: parsedBy("one e-mail address", parseEmail, { placeholder: "address" }),
    usedWhen: [isSet("ALERT_SMTP_URL")],
  },
  ALERT_PAGE_URL: {
    description: "Where people reach the page; each alert links to it.",
    otherwise: "where HTTP listens; no link where HTTP_HOST is a loopback address",
    kind: linkUrl,
    usedWhen: [linksPage],
  },
  ALERT_AFTER_SECONDS: {
    description:
      "How long a transient issue must last before it is alerted, and be over before it is resolved.",
    default: "60",
    kind: integer(1, 3600, "seconds"),
  },
  ALERT_REMINDER_HOURS: {
    description: "How often a reminder is sent for an issue that lasts.",
    default: "6",
    kind: integer(1, 24 * 7, "hours"),
  },
  ALERT_MAX_PER_HOUR: {
    description:
      "Messages by each channel within an hour, about the service and as many about errors; beyond it, what comes is summed up in one.",
    default: "12",
    kind: integer(1, 1000, "messages"),
  },
  ALERT_LOG_MAX_AGE_MINUTES: {
    description: "Only records younger than this are alerted; a drain of old logs tells nothing.",
    default: "60",
    kind: integer(1, 10_080, "minutes"),
  },
  ALERT_LOG_TEXT: {
    description:
      "What of an error's text is in an alert: its template, in which what varies and secrets are masked, or none.",
    default: "template",
    kind: oneOf(["template", "none"]),
  },
  ALERT_LANGUAGE: {
    description: "Language of alerts about errors: English or Korean.",
    default: "en",
    kind: oneOf(["en", "ko"]),
  },
  ALERT_ROUTES_FILE: {
    description:
      "YAML or JSON file that says which channels are told of which errors, and when nobody is told.",
    otherwise: "all channels, at any time",
    kind: readableFile,
  },
} satisfies Settings;

function parseEmail(text: string): Parsed<string> {
  const address = text.trim();
  return isEmail(address) ? { ok: true, value: address } : { ok: false };
}

/** One plain address without a display name. */
function isEmail(text: string): boolean {
  return (
    text.length <= 254 &&
    /^[^\s@<>()[\]",;:\\]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text)
  );
}

/** Undefined without a channel. */
export function alertConfig(reader: SettingReader) {
  const { read, need } = reader;
  const channels = present({
    slackUrl: read("ALERT_SLACK_WEBHOOK_URL"),
    webhookUrl: read("ALERT_WEBHOOK_URL"),
    email: emailConfig(reader),
  });
  if (Object.keys(channels).length === 0) return undefined;
  return {
    ...channels,
    /** URL of the page for people; absent where unknown. */
    ...present({ pageUrl: read("ALERT_PAGE_URL") ?? ownPage(reader) }),
    afterMs: need("ALERT_AFTER_SECONDS") * 1000,
    reminderMs: need("ALERT_REMINDER_HOURS") * 3_600_000,
    perHour: need("ALERT_MAX_PER_HOUR"),
    /** Of alerts about errors. */
    errors: {
      language: need("ALERT_LANGUAGE"),
      text: need("ALERT_LOG_TEXT"),
      ...present({ routesFile: read("ALERT_ROUTES_FILE") }),
    },
  };
}

function emailConfig({ read }: SettingReader) {
  const server = read("ALERT_SMTP_URL");
  const to = read("ALERT_EMAIL_TO");
  if (server === undefined || to === undefined) return undefined;
  const user = server.auth?.user;
  const own = user !== undefined && isEmail(user) ? user : `log-vectorizer@${hostname()}`;
  // A password is sent over TLS only.
  const requireTls = server.auth !== undefined && !isLoopback(server.host);
  return { server: { ...server, requireTls }, to, from: read("ALERT_EMAIL_FROM") ?? own };
}

/** Where HTTP listens, for links; undefined where nobody else reaches it. */
export function ownPage({ read, need }: SettingReader): string | undefined {
  const port = read("HTTP_PORT");
  if (port === undefined || port === 0) return undefined;
  const host = need("HTTP_HOST");
  // A loopback link is useless to readers elsewhere.
  if (isLoopback(host)) return undefined;
  const named = host === "0.0.0.0" || host === "::" ? hostname() : host;
  return `http://${named.includes(":") ? `[${named}]` : named}:${port}/`;
}
