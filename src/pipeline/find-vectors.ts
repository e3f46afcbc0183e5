import { Fault } from "../domain/faults.ts";
import type { Events } from "../ports/events.ts";
import type { StoredVector } from "../ports/vector-index.ts";
import type { HeldVectors } from "./held-vectors.ts";
import type { Claim, InFlightTexts, Unsent } from "./in-flight-texts.ts";
import type { Embedded, EmbedRun } from "./send-request.ts";
import type { Signer } from "./signer.ts";
import {
  vectorSources,
  type SourceDeps,
  type SourceName,
  type VectorSource,
  type WantedText,
} from "./vector-sources.ts";

export type FindVectorsDeps = SourceDeps & {
  inFlight: InFlightTexts;
  held: Pick<HeldVectors, "hold">;
  signer: Signer;
  events: Pick<Events, "textsSaved">;
};

/** What became of a text, and by which source. */
export type Found<T extends WantedText = WantedText> = { wanted: T; source: SourceName } & Embedded;

/**
 * Yields the vectors of texts as they are found, and nothing more is paid for before the next are asked for. Throws the
 * Fault that ended it before all texts had their turn; where `stop.requested` aborts it ends without one.
 */
export async function* findVectors<T extends WantedText>(
  deps: FindVectorsDeps,
  texts: readonly T[],
  asked: EmbedRun,
): AsyncGenerator<Found<T>[], void, void> {
  const search: Search<T> = { left: new Map(), saved: { cache: 0, store: 0, duplicate: 0 } };
  for (const text of texts) search.left.set(text.hash, text);
  try {
    for (let sought = [...search.left.keys()]; sought.length > 0;) {
      const claim = deps.inFlight.claim(sought);
      const fault = yield* searchClaimed(deps, search, claim, asked);
      const others = yield* waitForOthers(search, claim);
      const ended = others.fault ?? fault;
      if (ended) throw ended;
      if (asked.stop.requested.aborted) return;
      sought = others.left;
    }
  } finally {
    const { cache, store, duplicate } = search.saved;
    if (cache + store + duplicate > 0) deps.events.textsSaved(search.saved);
  }
}

type Search<T> = {
  /** By hash, of which nothing was found yet. */
  left: Map<string, T>;
  saved: Parameters<Events["textsSaved"]>[0];
};

/** Asks one source after the other for the texts that no other batch is at; returns the fault that ended it. */
async function* searchClaimed<T extends WantedText>(
  deps: FindVectorsDeps,
  search: Search<T>,
  claim: Claim,
  { stop, ...asked }: EmbedRun,
): AsyncGenerator<Found<T>[], Fault | undefined, void> {
  let fault: Fault | undefined;
  try {
    for (const source of vectorSources(deps, asked)) {
      const wanted = [...claim.mine].flatMap((hash) => search.left.get(hash) ?? []);
      if (wanted.length === 0) break;
      for await (const answers of source.find(wanted, stop)) {
        if (source.name !== "cache") remember(deps, source, answers);
        claim.resolve(answers);
        yield* foundBy(search, source.name, answers);
      }
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    fault = error;
  } finally {
    claim.release(unsentBy(stop.requested, fault));
  }
  return fault;
}

/** What was paid for is held until the caller releases it: by then it is written. */
function remember(
  { cache, held }: Pick<FindVectorsDeps, "cache" | "held">,
  { name }: VectorSource,
  answers: ReadonlyMap<string, Embedded>,
): void {
  const paid = new Map<string, StoredVector>();
  for (const [hash, answer] of answers) {
    if (!("vector" in answer)) continue;
    if (name === "embedder") {
      cache.hold(hash, answer);
      paid.set(hash, answer);
    } else cache.set(hash, answer);
  }
  held.hold(paid);
}

/** A batch that is to stop says nothing of its texts: with more time they might have been sent. */
function unsentBy({ aborted, reason }: AbortSignal, fault: Fault | undefined): Unsent {
  if (!aborted) return fault;
  return reason instanceof Fault ? reason : "left";
}

/**
 * Takes over what became of texts in other batches. `left`: texts that another batch gave up because it was to stop;
 * `fault`: why others were not sent there. Only once its own texts have ended: two batches that wait for each other would
 * wait for ever.
 */
async function* waitForOthers<T extends WantedText>(
  search: Search<T>,
  { others }: Claim,
): AsyncGenerator<Found<T>[], { left: string[]; fault?: Fault }, void> {
  const left: string[] = [];
  const answers = new Map<string, Embedded>();
  let fault: Fault | undefined;
  for (const [hash, waiting] of others) {
    const ended = await waiting;
    if (!("unsent" in ended)) answers.set(hash, ended);
    else if (ended.unsent === "left") left.push(hash);
    else fault ??= ended.unsent;
  }
  yield* foundBy(search, "in_flight", answers);
  return { left, ...(fault ? { fault } : {}) };
}

function* foundBy<T extends WantedText>(
  { left, saved }: Search<T>,
  source: SourceName,
  answers: ReadonlyMap<string, Embedded>,
): Generator<Found<T>[], void, void> {
  const these: Found<T>[] = [];
  for (const [hash, answer] of answers) {
    const wanted = left.get(hash);
    if (!wanted) continue;
    left.delete(hash);
    these.push({ wanted, source, ...answer });
    if (!("vector" in answer)) continue;
    const { length } = wanted.records;
    if (source === "cache" || source === "store") saved[source] += length;
    else saved.duplicate += source === "embedder" ? length - 1 : length;
  }
  if (these.length > 0) yield these;
}
