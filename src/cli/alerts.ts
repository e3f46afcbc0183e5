import { z } from "zod";
import { triedShape, tryChannels, type Tried } from "../alerting/try-channels.ts";
import { ConfigError } from "../config/problems.ts";
import { senderOf } from "../app/roles/alerts.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";
import { runToEnd } from "./run-to-end.ts";
import { printTable } from "./table.ts";

const NOWHERE =
  "not set, nor ALERT_WEBHOOK_URL, nor ALERT_SMTP_URL with ALERT_EMAIL_TO; set one of them to say where alerts go";

/** What `alerts test --json` prints. */
export const alertsTestShape = z.object({
  ok: z.boolean().describe("Every channel accepted the message."),
  channels: z.array(triedShape),
});

/** Sends a test message by every configured channel and prints the results. */
export async function testAlerts(options: { json?: boolean }, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service, config } = command;
  const channels = await service.alertChannels();
  if (channels.length === 0) {
    throw new ConfigError([{ name: "ALERT_SLACK_WEBHOOK_URL", sentence: NOWHERE }]);
  }
  const sender = senderOf(config, "a test");
  const { clock, events } = service;
  return await runToEnd(context, events, async (stop) => {
    const tried = await tryChannels({ channels, sender, clock }, stop.requested);
    const sent = tried.every(({ result }) => result === "sent");
    const { stdout } = context.process;
    if (options.json)
      printJson(stdout, { ok: sent, channels: tried } satisfies z.infer<typeof alertsTestShape>);
    else print(stdout, tried);
    return sent ? EXIT.ok : EXIT.unavailable;
  });
}

const SIGN = { sent: "✓", failed: "✗" };

function print(stream: NodeJS.WritableStream, tried: readonly Tried[]): void {
  const rows = tried.map(({ channel, result, duration_ms: ms, error }) => [
    SIGN[result],
    channel,
    error === null ? `sent in ${ms} ms` : error.message,
  ]);
  printTable(stream, [{ head: "" }, { head: "channel" }, { head: "result" }], rows);
  const hints = new Set(tried.flatMap(({ error }) => error?.hint ?? []));
  for (const hint of hints) printLine(stream, `\nHint: ${hint}`);
}
