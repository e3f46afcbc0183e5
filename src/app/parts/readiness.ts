import type { Clock } from "../../ports/clock.ts";
import type { Embedder } from "../../ports/embedder.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import type { StateStore } from "../../ports/state-store.ts";
import type { StreamSetup } from "../../ports/stream-setup.ts";
import type { CallRecords } from "../../status/call-records.ts";
import type { EmbedderHistory } from "../../status/embedder-watch.ts";
import type { Probes, Standing } from "../../status/readiness.ts";
import type { Readiness } from "../../status/ready-answer.ts";
import type { FanOut } from "../../telemetry/fan-out.ts";

export type ReadinessParts = {
  /** Asks each of them. */
  ask(signal: AbortSignal): Promise<Readiness>;
  probes: Probes;
  /** What is known without asking. */
  standing(): Promise<Standing>;
  records: CallRecords;
};

type Parts = {
  store: RecordStore;
  embedder: Embedder;
  history(): EmbedderHistory;
  /** Absent where no brokers are set. */
  kafka?: StreamSetup;
  state: StateStore;
  clock: Clock;
  listen: FanOut["listen"];
};

/** How the dependencies of this configuration are, told by the events of this process from now on. */
export async function openReadiness(parts: Parts): Promise<ReadinessParts> {
  const { state, clock, listen, history, ...probed } = parts;
  const [{ createCallRecords }, status, { readBreaker }] = await Promise.all([
    import("../../status/call-records.ts"),
    import("../../status/readiness.ts"),
    import("../../limits/breaker.ts"),
  ]);
  const records = createCallRecords(clock);
  listen(records.listener);
  const breaker = () => readBreaker(state);
  const probes = status.createProbes({ ...probed, records, clock });
  return {
    ask: status.createReadiness({ probes, history, breaker, clock }),
    probes,
    standing: () => status.readStanding({ records, breaker }),
    records,
  };
}
