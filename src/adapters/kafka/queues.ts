import type { DeadLetters } from "../../ports/dead-letters.ts";
import type { WorkQueue } from "../../ports/work-queue.ts";
import type { Groups } from "./groups.ts";
import type { Publisher } from "./publisher.ts";
import type { Topics } from "./topics.ts";

type Deps = {
  publisher: Pick<Publisher, "publish">;
  groups: Pick<Groups, "readAll">;
  topics: Pick<Topics, "lag">;
};

export function createDeadLetters({ publisher, groups }: Deps, topic: string): DeadLetters {
  return {
    name: topic,
    send: (messages, signal) =>
      publisher.publish(
        messages.map((message) => ({ ...message, topic })),
        signal,
      ),
    read: (signal) => groups.readAll(topic, signal),
  };
}

/** `group`: that of the workers; a reference from before the first worker counts too. */
export function createWorkQueue(
  { publisher, topics }: Deps,
  { topic, group }: { topic: string; group: string },
): WorkQueue {
  return {
    name: topic,
    offer: (references, signal) =>
      publisher.publish(
        references.map((reference) => ({ ...reference, topic })),
        signal,
      ),
    async waiting(signal) {
      const lanes = await topics.lag({ group, streams: [topic], from: "earliest" }, signal);
      return lanes.reduce((sum, { lag }) => sum + lag, 0);
    },
  };
}
