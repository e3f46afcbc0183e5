import { createMemoryStore } from "../../../scripts/quickstart/memory/memory-store.ts";
import { groupAnswerShape, groupsAnswerShape } from "../../../src/analysis/group-answers.ts";
import { createGroups } from "../../../src/analysis/groups.ts";
import type { GroupsQuery } from "../../../src/analysis/list-groups.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { groupOf } from "../../../src/domain/group.ts";
import type { ErrorMemory } from "../../../src/ports/error-memory.ts";
import type { GroupCounts } from "../../../src/ports/group-counts.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";

const { signal } = new AbortController();
export const NOW = Date.UTC(2026, 0, 10, 12, 30);
export const HOUR = 3_600_000;

/** A log of so many hours ago; `group`: null for one of an earlier release. */
export type Log = {
  hours: number;
  text: string;
  service?: string;
  host?: string;
  version?: string;
  group?: null;
  index?: string;
};

/** Errors that are counted, and what people say of them: in `memory`, undefined where the store keeps none. */
export function setUpGroups(logs: readonly Log[], memory?: ErrorMemory) {
  const store = createMemoryStore({ levels: ["ERROR"], now: () => NOW });
  store.seed(
    logs.map(({ hours, text, service, host, version, group, index = "app_logs" }, i) => {
      const made = groupOf({ text, service }).group;
      return {
        index,
        id: `log-${i}`,
        source: {
          "@timestamp": new Date(NOW - hours * HOUR).toISOString(),
          level: "ERROR",
          message: text,
          ...(service === undefined ? {} : { "service.name": service }),
          ...(host === undefined ? {} : { host: { name: host } }),
          ...(version === undefined ? {} : { "service.version": version }),
          log_vector: [...stubVector(text, 8)],
          log_vector_meta: {
            model: "m",
            dimensions: 8,
            ...(group === null ? {} : { group: made }),
          },
        },
      };
    }),
  );
  const asked: { names: number; fault?: Fault } = { names: 0 };
  const groupCounts: GroupCounts = {
    ...store,
    countNames(...query) {
      asked.names++;
      if (asked.fault) return Promise.reject(asked.fault);
      return store.countNames(...query);
    },
  };
  const deps = {
    groupCounts,
    readSurvey: store.survey,
    memory: async () => {
      if (!memory) throw new Fault("configuration", "No memory of errors here.");
      return memory;
    },
    clock: { now: () => NOW },
    quiet: { leastMs: 6 * 3_600_000, factor: 10 },
    model: async () => "m",
    show: {
      toText: (message: string) => message,
      toShown: (text: string) => text.replaceAll("hunter2", "<secret>"),
    },
  };
  const groups = createGroups(deps);
  const list = async (query: Partial<GroupsQuery> = {}) =>
    groupsAnswerShape.parse(await groups.list({ order: "last", limit: 10, ...query }, signal));
  const show = async (group: string) => groupAnswerShape.parse(await groups.show(group, signal));
  return { list, show, groups, asked, deps: { ...deps, store } };
}
