import { z } from "zod";
import { quietUntil, routeOf } from "../alerting/errors/alert-routes.ts";
import { triedShape, tryChannels, type Tried } from "../alerting/try-channels.ts";
import { ConfigError } from "../config/problems.ts";
import type { Config } from "../config/config.ts";
import { isoTimeIn } from "../domain/iso-time.ts";
import type { ErrorAlertKind } from "../domain/memory/error-alert.ts";
import { CHANNEL_NAMES } from "../ports/alert-channel.ts";
import { openAlertRoutes } from "../app/parts/alert-routes.ts";
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
  route: z
    .object({
      route: z.int().nullable().describe("Which of ALERT_ROUTES_FILE, from 1; null: none fits."),
      channels: z.array(z.enum(CHANNEL_NAMES)).describe("Who would be told; empty: nobody."),
      quiet_until: z
        .string()
        .nullable()
        .describe("Until when it would wait now; null: not at all."),
    })
    .nullable()
    .describe("Of an error with --service or --level; null without them."),
});

export type TestOptions = {
  json?: boolean;
  service?: string;
  level?: string;
  kind: ErrorAlertKind;
};

/**
 * Sends a test message by every configured channel, or by those that an error would take, and prints the results. Throws a ConfigError
 * where no channel is set, or where the file of routes is not of its form.
 */
export async function testAlerts(options: TestOptions, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service, config } = command;
  const channels = await service.alertChannels();
  if (channels.length === 0) {
    throw new ConfigError([{ name: "ALERT_SLACK_WEBHOOK_URL", sentence: NOWHERE }]);
  }
  const sender = senderOf(config, "a test");
  const { clock, events } = service;
  const routes = await openAlertRoutes(config);
  const isRouted = options.service !== undefined || options.level !== undefined;
  const error = {
    service: options.service ?? null,
    level: options.level ?? null,
    kind: options.kind,
  };
  const names = channels.map(({ name }) => name);
  const taken = isRouted ? routeOf(error, routes, names) : undefined;
  const quietMs = taken && quietUntil(error, routes, clock.now());
  const route = taken && { ...taken, quiet_until: isoTimeIn(quietMs) };
  const tested = channels.filter(({ name }) => taken?.channels.includes(name) ?? true);
  return await runToEnd(context, events, async (stop) => {
    const tried = await tryChannels({ channels: tested, sender, clock }, stop.requested);
    const sent = tried.every(({ result }) => result === "sent");
    const { stdout } = context.process;
    const answer = { ok: sent, channels: tried, route: route ?? null };
    if (options.json) printJson(stdout, answer satisfies z.infer<typeof alertsTestShape>);
    else {
      if (route) printLine(stdout, `${routeLine(route, config)}\n`);
      if (tried.length > 0) print(stdout, tried);
    }
    return sent ? EXIT.ok : EXIT.unavailable;
  });
}

/** "Route 2 of routes.yaml: slack, email; quiet hours until 2026-01-02 07:00 UTC". */
function routeLine(
  { route, channels, quiet_until: until }: NonNullable<z.infer<typeof alertsTestShape>["route"]>,
  { alerts }: Pick<Config, "alerts">,
): string {
  const file = alerts?.errors.routesFile;
  const which =
    route === null
      ? file === undefined
        ? "No ALERT_ROUTES_FILE: every channel is told"
        : `No route of ${file} fits: every channel is told`
      : `Route ${route} of ${file}: ${channels.length === 0 ? "nobody is told" : channels.join(", ")}`;
  const told =
    until === null ? "" : `; quiet hours until ${until.slice(0, 16).replace("T", " ")} UTC`;
  return `${which}${channels.length === 0 ? "" : told}.`;
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
