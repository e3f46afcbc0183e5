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
} satisfies Settings;

export function memoryConfig({ need }: SettingReader) {
  return {
    /** `init` makes its indices. */
    isWanted: need("MEMORY"),
    maxGroups: need("GROUPS_MAX"),
  };
}
