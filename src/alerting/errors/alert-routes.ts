import { z } from "zod";
import { matchesIndex } from "../../domain/index-pattern.ts";
import { ERROR_ALERT_KINDS, type ErrorAlert } from "../../domain/memory/error-alert.ts";
import { CHANNEL_NAMES, type AlertChannel } from "../../ports/alert-channel.ts";

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "expected a time such as 22:30");
const names = z.array(z.string().min(1)).min(1);

/** The content of ALERT_ROUTES_FILE. */
export const alertRoutesShape = z.strictObject({
  time_zone: z
    .string()
    .refine(isTimeZone, "expected a time zone such as Asia/Seoul")
    .default("UTC")
    .describe("Of the times in quiet_hours."),
  quiet_hours: z
    .array(
      z.strictObject({
        days: z
          .array(z.enum(DAYS))
          .min(1)
          .default([...DAYS])
          .describe("On which they begin."),
        from: timeOfDay,
        to: timeOfDay.describe("On the next day where it is not later than from."),
        except_levels: z
          .array(z.string())
          .default([])
          .describe("Records of these levels are told at once."),
      }),
    )
    .default([])
    .describe("When nobody is told: what came is told when they end, in one message."),
  routes: z
    .array(
      z.strictObject({
        services: names.exactOptional().describe("Names or patterns (*) of services."),
        levels: names.exactOptional(),
        kinds: z.array(z.enum(ERROR_ALERT_KINDS)).min(1).exactOptional(),
        channels: z.array(z.enum(CHANNEL_NAMES)).describe("Empty: nobody is told."),
        quiet_hours: z.boolean().default(true).describe("false: it is told at any time."),
      }),
    )
    .default([])
    .describe("The first that fits is taken; where none does, all channels are told."),
});
export type AlertRoutes = z.infer<typeof alertRoutesShape>;

/** Without a file all is told at once, by every channel. */
export const NO_ROUTES: AlertRoutes = alertRoutesShape.parse({});

type Routed = Pick<ErrorAlert, "service" | "level" | "kind">;
type ChannelName = AlertChannel["name"];

/** Where an alert goes. `route`: from 1; null where none fits. */
export function routeOf(
  alert: Routed,
  { routes }: AlertRoutes,
  channels: readonly ChannelName[],
): { route: number | null; channels: ChannelName[] } {
  const at = routes.findIndex((route) => fits(alert, route));
  const route = routes[at];
  if (!route) return { route: null, channels: [...channels] };
  return { route: at + 1, channels: channels.filter((name) => route.channels.includes(name)) };
}

/** Until when an alert waits, in ms since the epoch; undefined: it does not. */
export function quietUntil(
  alert: Routed,
  { routes, quiet_hours: hours, time_zone: zone }: AlertRoutes,
  now: number,
): number | undefined {
  if (routes.find((route) => fits(alert, route))?.quiet_hours === false) return undefined;
  const { day, minute } = localTime(now, zone);
  const ends = hours.flatMap((one) => {
    if (includesName(one.except_levels, alert.level)) return [];
    const left = minutesLeft(one, day, minute);
    return left === undefined ? [] : [Math.floor(now / 60_000) * 60_000 + left * 60_000];
  });
  return ends.length === 0 ? undefined : Math.max(...ends);
}

function fits(
  { service, level, kind }: Routed,
  { services, levels, kinds }: AlertRoutes["routes"][number],
): boolean {
  const name = service?.toLowerCase();
  const isService =
    services === undefined ||
    (name !== undefined && services.some((one) => matchesIndex(one.toLowerCase(), name)));
  const isLevel = levels === undefined || includesName(levels, level);
  return isService && isLevel && (kinds?.includes(kind) ?? true);
}

function includesName(listed: readonly string[], name: string | null): boolean {
  return listed.some((one) => one.toLowerCase() === name?.toLowerCase());
}

const DAY_MINUTES = 24 * 60;

/** How many minutes of them are left; undefined outside of them. */
function minutesLeft(
  { days, from, to }: AlertRoutes["quiet_hours"][number],
  day: number,
  minute: number,
): number | undefined {
  const [start, end] = [minuteOfDay(from), minuteOfDay(to)];
  const length = end > start ? end - start : end - start + DAY_MINUTES;
  for (const ago of [0, 1]) {
    const began = DAYS[(day + 7 - ago) % 7];
    const since = minute + ago * DAY_MINUTES - start;
    if (began && days.includes(began) && since >= 0 && since < length) return length - since;
  }
  return undefined;
}

function minuteOfDay(time: string): number {
  const [hours = "0", minutes = "0"] = time.split(":");
  return 60 * Number(hours) + Number(minutes);
}

/** `day`: from 0, Sunday. */
function localTime(now: number, zone: string): { day: number; minute: number } {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(now);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  const day = DAYS.findIndex((name) => name === of("weekday").toLowerCase());
  return { day, minute: 60 * Number(of("hour")) + Number(of("minute")) };
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en-US", { timeZone: name }));
  } catch {
    return false;
  }
}
