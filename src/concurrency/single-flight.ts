import { Fault } from "../domain/faults.ts";

type Flight<T> = { result: Promise<T>; callers: number; stop: AbortController };

/**
 * One run at a time for all who ask meanwhile; whoever asks after its end starts the next one. An asker whose signal
 * aborts gets a Fault at once, and the run goes on until its last asker is gone.
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
        // Nobody is to join a run that is about to be stopped.
        if (current === flight) current = undefined;
        flight.stop.abort();
      }
    }
  };
}
