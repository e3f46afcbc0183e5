import { compareMethods } from "./anomalies/compare.ts";
import type { Bench, Measured } from "./bench.ts";

const STORIES = { quick: 2, normal: 8, full: 20 } as const;

/** Anomalies found in simulated latencies by the watch in use and, beside it, by an isolation forest. */
export function benchAnomalies({ size, say }: Bench): Promise<Measured> {
  say(`Looking for anomalies in ${STORIES[size]} series of each kind`);
  const compared = compareMethods(STORIES[size]);
  const rows = compared.map(({ values, method, precision, recall, falseAlarmsADay }) => ({
    what: `anomalies, ${values}, ${method}`,
    value: `precision ${precision.toFixed(2)}, recall ${recall.toFixed(2)}`,
    reference: `${falseAlarmsADay.toFixed(3)} false alarms a day`,
  }));
  return Promise.resolve({ figures: { compared }, rows });
}
