import { z } from "zod";

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

/** One notification, the body of the webhook. It contains no secret and no text of a log. */
export const alertMessageShape = z.object({
  id: z.string().describe("Equal for every channel and every retry."),
  at: z.string(),
  subject: z.string(),
  text: z.string().describe("The whole notification as plain text."),
  items: z.array(alertItemShape).describe("Empty in a test."),
  page: z.string().nullable().default(null).describe("URL of the status page, where it is known."),
  service: z.object({ version: z.string(), role: z.string(), host: z.string() }),
});
export type AlertMessage = z.infer<typeof alertMessageShape>;

export type AlertChannel = {
  readonly name: (typeof CHANNEL_NAMES)[number];
  /** One attempt. Throws a Fault. */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
};
