import { Fault } from "../domain/faults.ts";

type Flight<T> = { result: Promise<T>; callers: number; stop: AbortController };

/**
 * Concurrent callers share one run; a call after its end starts the next. A caller whose signal aborts gets a Fault at
 * once, and the run is aborted once its last caller has left.
 */
export function createSingleFlight<T>(
  run: (signal: AbortSignal) => Promise<T>,
): (signal: AbortSignal) => Promise<T> {
  let current: Flight<T> | undefined;
  const start = (): Flight<T> => {
    const stop = new AbortController();
    const started: Flight<T> = { result: run(stop.signal), callers: 0, stop };
    const end = () => {
      if (current === started) current = undefined;
    };
    started.result.then(end, end);
    return started;
  };
  return async (signal) => {
    const flight = (current ??= start());
    flight.callers++;
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(new Fault("outage", "stopped before it was answered"));
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([flight.result, left.promise]);
    } finally {
      signal.removeEventListener("abort", leave);
      flight.callers--;
      if (flight.callers === 0) {
        // A later caller must not join a run that is being aborted.
        if (current === flight) current = undefined;
        flight.stop.abort();
      }
    }
  };
}
