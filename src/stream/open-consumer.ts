import { Fault } from "../domain/faults.ts";
import { eventsOf } from "../pipeline/batch-result.ts";
import type { Enrichment } from "../pipeline/open-enrichment.ts";
import type { ConsumerRole } from "../ports/consumer-events.ts";
import type { Events } from "../ports/events.ts";
import type { LogSource, SubscribeOptions } from "../ports/log-source.ts";
import type { Publisher } from "../ports/publisher.ts";
import type { Topics } from "../ports/topics.ts";
import { attempt, type AttemptDeps } from "./attempt.ts";
import { createConsumer, type Consumer, type ConsumerDeps } from "./consumer.ts";
import type { ReadMessage } from "./reading.ts";
import { createSurveyRefresher } from "./survey-refresher.ts";

export type ConsumerParts = EnrichmentParts & {
  role: ConsumerRole;
  kafka: { source: LogSource; publisher: Publisher; topics: Topics };
  subscribing: SubscribeOptions;
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
  const { role, kafka, subscribing, clock, events, embedder } = parts;
  return createConsumer({
    role,
    subscribing,
    clock,
    events,
    source: kafka.source,
    publisher: kafka.publisher,
    read: parts.read,
    mask: parts.mask,
    settings: parts.settings,
    tracer: parts.tracer,
    pricePerMillionTokens: embedder.pricePerMillionTokens,
    attempt: openAttempt(parts),
    lag: (signal) => totalLag(kafka.topics, subscribing, signal),
  });
}

async function totalLag(
  topics: Topics,
  { group, topics: names, from }: SubscribeOptions,
  signal: AbortSignal,
): Promise<number | null> {
  try {
    const rows = await topics.lag({ group, topics: names, from }, signal);
    return rows.reduce((sum, { lag }) => sum + lag, 0);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return null;
  }
}
