import { Readable } from "node:stream";
import { withoutContext } from "../telemetry/log-context.ts";
import type { Clock } from "../ports/clock.ts";
import type { StopSignals } from "../ports/stop-signals.ts";

/** Parts of a page by the id of their element, as HTML. */
type Parts = Readonly<Record<string, string>>;

export type Live = {
  /**
   * A stream of server-sent events, for as long as who asked for it may see them; undefined where there are too many
   * already.
   */
  join(may?: () => Promise<boolean>): Readable | undefined;
};

type LiveDeps = {
  read(): Promise<{ now: string; parts: Parts }>;
  clock: Clock;
  stop: Pick<StopSignals, "requested">;
  /** It could not be read for a reason that should not be. */
  onBug(error: unknown): void;
};

const EVERY_MS = 2000;
const MAX_CLIENTS = 200;
/** Who has not taken so much of what he was sent is not reading. */
const MAX_UNREAD_BYTES = 1024 * 1024;

type Client = { stream: Readable; sent: Map<string, string>; may: () => Promise<boolean> };

/** Tells all who look at a page what has changed on it, by one reading for all; without a viewer nothing is read. */
export function createLive({ read, clock, stop, onBug }: LiveDeps): Live {
  const clients = new Set<Client>();
  let latest: Awaited<ReturnType<LiveDeps["read"]>> | undefined;
  let running = false;
  const { requested } = stop;
  const tell = (client: Client, { now, parts }: NonNullable<typeof latest>) => {
    const changed = Object.entries(parts).filter(([id, html]) => client.sent.get(id) !== html);
    for (const [id, html] of changed) client.sent.set(id, html);
    const data = JSON.stringify({ now, parts: Object.fromEntries(changed) });
    if (client.stream.readableLength > MAX_UNREAD_BYTES) client.stream.destroy();
    else client.stream.push(`data: ${data}\n\n`);
  };
  const end = (client: Client) => {
    clients.delete(client);
    client.stream.push(null);
  };
  const run = async () => {
    while (clients.size > 0 && !requested.aborted) {
      latest = await read();
      for (const client of clients) {
        if (await client.may()) tell(client, latest);
        else end(client);
      }
      await clock.sleep(EVERY_MS, requested);
    }
  };
  const start = async () => {
    if (running) return;
    running = true;
    try {
      await run();
    } catch (error) {
      onBug(error);
    } finally {
      running = false;
      latest = undefined;
      // They come back by themselves, save where this process ends.
      for (const client of clients) end(client);
    }
  };
  return {
    join(may = () => Promise.resolve(true)) {
      if (clients.size >= MAX_CLIENTS || requested.aborted) return undefined;
      const stream = new Readable({ read: () => undefined });
      const client: Client = { stream, sent: new Map(), may };
      client.stream.once("close", () => clients.delete(client));
      client.stream.push("retry: 2000\n\n");
      clients.add(client);
      if (latest) tell(client, latest);
      // It goes on when this request is over.
      withoutContext(() => void start());
      return client.stream;
    },
  };
}
