import type { SeedDocument } from "./fakes/fake-log-store.ts";

/** One ERROR document; the higher its number, the newer it is. */
export function errorLog(number: number, message: unknown, index = "app_logs"): SeedDocument {
  const time = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
  const id = `log-${number}`;
  return { index, id, source: { "@timestamp": time, level: "ERROR", message } };
}

/** As many ERROR documents with a text of their own each, numbered from `first`. */
export function errorLogs(count: number, index = "app_logs", first = 0): SeedDocument[] {
  return Array.from({ length: count }, (_, i) =>
    errorLog(first + i, `error number ${first + i} in ${index}`, index),
  );
}
