import type { Kind } from "./kinds.ts";

export type Setting<T = unknown> = {
  group: string;
  /** One short sentence. */
  description: string;
  /** As in the environment. */
  default?: string;
  /** What applies without a value and a default. */
  otherwise?: string;
  /** Placeholder in help, such as `<host>`. */
  placeholder: string;
  /** Never shown, and not a flag, which `ps` would show. */
  secret?: true;
  /** May contain `user:password@`. */
  address?: true;
  /** A readable file; `json`: with a JSON object. */
  file?: true | "json";
  /** An empty value means off instead of unset. */
  emptyMeans?: "off";
  kind: Kind<T>;
};
