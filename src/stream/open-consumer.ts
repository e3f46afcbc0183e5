import { Fault } from "../domain/faults.ts";
import { eventsOf } from "../pipeline/batch-result.ts";
import type { Enrichment } from "../pipeline/open-enrichment.ts";
import type { ConsumerRole } from "../ports/consumer-events.ts";
import type { Events } from "../ports/events.ts";
import type { DeadLetters } from "../ports/dead-letters.ts";
import type { MessageStream, ReadOptions } from "../ports/message-stream.ts";
import { attempt, type AttemptDeps } from "./attempt.ts";
import { createConsumer, type Consumer, type ConsumerDeps } from "./consumer.ts";
import type { ReadMessage } from "./reading.ts";
import { createSurveyRefresher } from "./survey-refresher.ts";

export type ConsumerParts = EnrichmentParts & {
  role: ConsumerRole;
  streams: { stream: MessageStream; deadLetters: DeadLetters };
  reading: ReadOptions;
  read: ReadMessage;
  mask(text: string): string;
  settings: ConsumerDeps["settings"];
};

export type EnrichmentParts = Enrichment & { events: Events };

export function openAttempt(
  parts: EnrichmentParts & { role: ConsumerRole },
): ConsumerDeps["attempt"] {
  const { role, store, watch, paused, trials, clock, events } = parts;
  const deps: AttemptDeps = {
    ...parts,
    events: eventsOf(role, events),
    surveys: createSurveyRefresher({ store, watch, paused, trials, clock }),
  };
  return (targets, stop) => attempt(deps, targets, stop);
}

export function openConsumer(parts: ConsumerParts): Consumer {
  const { role, streams, reading, clock, events, embedder } = parts;
  return createConsumer({
    role,
    reading,
    clock,
    events,
    ...streams,
    read: parts.read,
    mask: parts.mask,
    settings: parts.settings,
    tracer: parts.tracer,
    pricePerMillionTokens: embedder.pricePerMillionTokens,
    attempt: openAttempt(parts),
    lag: (signal) => totalLag(streams.stream, reading, signal),
  });
}

async function totalLag(
  stream: Pick<MessageStream, "backlog">,
  reading: ReadOptions,
  signal: AbortSignal,
): Promise<number | null> {
  try {
    const lanes = await stream.backlog?.(reading, signal);
    return lanes?.reduce((sum, { lag }) => sum + lag, 0) ?? null;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return null;
  }
}
