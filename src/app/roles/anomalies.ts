import type { Anomalies } from "../../alerting/anomalies/anomalies.ts";
import type { Role } from "../../status/heartbeat.ts";
import type { Service } from "../service.ts";

/** Somebody who waits for the next minute's news waits no longer. */
const CHECK_EVERY_MS = 15_000;
const KEEP_EVERY_MS = 10 * 60_000;

/** Compares how a process does with how it usually does, as long as it runs. */
export async function watchAnomalies(
  { clock, state, events, listen }: Pick<Service, "clock" | "state" | "events" | "listen">,
  role: Role,
): Promise<Pick<Anomalies, "all"> & AsyncDisposable> {
  const { openAnomalies } = await import("../../alerting/anomalies/anomalies.ts");
  const anomalies = await openAnomalies({ role, state, clock, events });
  const unlisten = listen(anomalies.listener);
  const over = new AbortController();
  const looking = (async () => {
    let keptAt = clock.now();
    for (;;) {
      await clock.sleep(CHECK_EVERY_MS, over.signal);
      if (over.signal.aborted) return;
      anomalies.look();
      if (clock.now() - keptAt < KEEP_EVERY_MS) continue;
      keptAt = clock.now();
      await anomalies.keep();
    }
  })();
  return {
    all: anomalies.all,
    async [Symbol.asyncDispose]() {
      unlisten();
      over.abort();
      await looking;
      await anomalies.keep();
    },
  };
}
