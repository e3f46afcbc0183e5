import { z } from "zod";
import { ERROR_ALERT_KINDS } from "../domain/memory/error-alert.ts";

export const CHANNEL_NAMES = ["slack", "webhook", "email"] as const;

/** An issue in a notification. Times are ISO 8601, UTC. */
const alertItemShape = z.object({
  state: z
    .enum(["started", "worse", "open", "ended"])
    .describe("worse: reported before as a warning; open: a reminder."),
  id: z.string().describe("Kind of the issue."),
  which: z.string().describe("Which one of this kind; empty where there is only one."),
  severity: z.enum(["warning", "critical"]),
  title: z.string(),
  detail: z.string().describe("What happened."),
  since: z.string(),
  until: z.string().exactOptional().describe("Of one that has ended."),
  impact: z.string().exactOptional().describe("What it means for records, money or people."),
  action: z.string().describe("What to do about it."),
});
export type AlertItem = z.infer<typeof alertItemShape>;

const nullable = z.string().nullable();

/** Something about an error in the logs. Times are ISO 8601, UTC. */
const errorItemShape = z.object({
  kind: z
    .enum(ERROR_ALERT_KINDS)
    .describe(
      "Why people are told: it is new, back, known and back, rises, rises no more, or is over.",
    ),
  group: z.string().describe("Its id, as groups show takes it."),
  service: nullable,
  exception: nullable,
  level: nullable,
  template: nullable.describe(
    "What its messages have in common; <*> varies, secrets are masked. null with ALERT_LOG_TEXT=none.",
  ),
  since: z.string(),
  until: z.string().exactOptional().describe("Of one that is over."),
  count: z.int().exactOptional().describe("Records so far."),
  like: z
    .object({
      group: z.string(),
      service: nullable,
      likeness: z.number().describe("0 to 1: how much of what is known of the two is equal."),
      from: z.string(),
      to: z.string(),
      count: z.int(),
      note: z
        .object({
          cause: nullable,
          fix: nullable,
          link: nullable,
          author: z.string(),
          at: z.string(),
          confirmed: z.boolean(),
        })
        .nullable()
        .describe("What a person wrote of it."),
    })
    .nullable()
    .describe("The past case that is most like it, where one is."),
});
export type ErrorItem = z.infer<typeof errorItemShape>;

/** One notification, the body of the webhook. It contains no secret, and text of a log only as a masked template. */
export const alertMessageShape = z.object({
  id: z.string().describe("Equal for every channel and every retry."),
  at: z.string(),
  subject: z.string(),
  text: z.string().describe("The whole notification as plain text."),
  items: z.array(alertItemShape).describe("Issues of the service; empty in a test."),
  errors: z.array(errorItemShape).default([]).describe("Errors in the logs."),
  page: z.string().nullable().default(null).describe("URL of the status page, where it is known."),
  service: z.object({ version: z.string(), role: z.string(), host: z.string() }),
});
export type AlertMessage = z.infer<typeof alertMessageShape>;

export type AlertChannel = {
  readonly name: (typeof CHANNEL_NAMES)[number];
  /** One attempt. Throws a Fault. */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
};
