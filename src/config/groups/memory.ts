import { integer, toggle } from "../kinds.ts";
import type { Settings } from "../setting.ts";
import type { SettingReader } from "../settings.ts";

export const MEMORY_OF_ERRORS = {
  MEMORY: {
    description:
      "init makes the indices that keep groups, episodes and notes, as init --memory does; they are used wherever they are.",
    default: "false",
    kind: toggle,
  },
  GROUPS_MAX: {
    description:
      "Groups that are kept; beyond it those leave first that are quiet for longest, without a note or a decision of a person.",
    default: "10000",
    kind: integer(100, 1_000_000, "groups"),
  },
  EPISODE_QUIET_MINUTES: {
    description:
      "An episode of an error is over once the error was not seen for longer than this, or than EPISODE_QUIET_FACTOR says where that is longer.",
    default: "360",
    kind: integer(1, 525_600, "minutes"),
  },
  EPISODE_QUIET_FACTOR: {
    description:
      "An episode also goes on until the error was not seen for this many times its usual gap; 0: the usual gap does not count.",
    default: "10",
    kind: integer(0, 1000, "times"),
  },
} satisfies Settings;

export function memoryConfig({ need }: SettingReader) {
  return {
    /** `init` makes its indices. */
    isWanted: need("MEMORY"),
    maxGroups: need("GROUPS_MAX"),
    /** Older records are told to nobody. */
    alertMaxAgeMs: need("ALERT_LOG_MAX_AGE_MINUTES") * 60_000,
    /** The silence that ends an episode. */
    quiet: {
      leastMs: need("EPISODE_QUIET_MINUTES") * 60_000,
      factor: need("EPISODE_QUIET_FACTOR"),
    },
  };
}
