import type { AlertMessage } from "../../../../src/ports/alert-channel.ts";

/** One with what Slack, mail and JSON have to take care of. */
export const MESSAGE: AlertMessage = {
  id: "1-abc",
  at: "2026-01-02T03:04:05.000Z",
  subject: "[critical] OpenSearch does not answer <a&b> – ü",
  text: "[critical] OpenSearch does not answer\nWhat: <connect> & refused – ü\n.\n\nPage: https://logs.example.com/",
  items: [],
  errors: [],
  page: "https://logs.example.com/",
  service: { version: "1.2.3", role: "daemon", host: "host-a" },
};
