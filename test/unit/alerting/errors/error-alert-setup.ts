import type { ErrorAlert, LikeCase } from "../../../../src/domain/memory/error-alert.ts";
import { NOW } from "../alert-setup.ts";

const DAY = 86_400_000;

export function alert(changes: Partial<ErrorAlert> = {}): ErrorAlert {
  return {
    kind: "new",
    group: "0123456789abcdef",
    service: "payment",
    exception: "java.net.ConnectException",
    level: "ERROR",
    template: "Connection to <*> refused",
    since: NOW - 300_000,
    count: 7,
    ...changes,
  };
}

export const LIKE: LikeCase = {
  group: "fedcba9876543210",
  service: "billing",
  template: "Timeout after <*>",
  episode: "fedcba9876543210-1",
  same_group: false,
  likeness: 0.95,
  from: NOW - DAY,
  to: NOW - DAY + 720_000,
  count: 40,
  only_now: [{ group: "1", service: "payment", template: "Disk full" }],
  only_then: [{ group: "2", service: "payment", template: "Slow query" }],
  note: {
    cause: "The pool was exhausted",
    fix: "Restart it",
    link: "https://runbooks.example.com/7",
    author: "kim",
    at: new Date(NOW - DAY).toISOString(),
    confirmed: true,
  },
};
