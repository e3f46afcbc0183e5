import { BlockList, isIPv6 } from "node:net";
import { z } from "zod";
import type { Manifest } from "./manifests.ts";

const selector = z.object({ matchLabels: z.record(z.string(), z.string()).default({}) });
const peer = z.strictObject({
  namespaceSelector: selector.optional(),
  podSelector: z.strictObject({}).optional(),
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
const policyShape = z.object({
  kind: z.literal("NetworkPolicy"),
  spec: z.object({
    policyTypes: z.array(z.string()),
    egress: z.array(
      z.object({
        to: z.array(peer).min(1),
        ports: z.array(z.object({ protocol: z.string(), port: z.number() })).min(1),
      }),
    ),
  }),
});

/** Pods of a namespace, pods of the policy's own namespace, or an address. */
export type Destination = { namespace: string } | "own namespace" | { ip: string };

/** Whether the only network policy there is lets a pod open a connection. Throws where it does not speak of what goes out. */
export function letsOut(
  manifests: readonly Manifest[],
  to: Destination,
  port: number,
  protocol = "TCP",
): boolean {
  const [policy, ...others] = manifests.flatMap((one) => policyShape.safeParse(one).data ?? []);
  if (!policy?.spec.policyTypes.includes("Egress") || others.length > 0) {
    throw new Error("not one policy for what goes out");
  }
  return policy.spec.egress.some(
    (rule) =>
      rule.ports.some((one) => one.port === port && one.protocol === protocol) &&
      rule.to.some((one) => matches(one, to)),
  );
}

function matches(
  { namespaceSelector, podSelector, ipBlock }: z.infer<typeof peer>,
  to: Destination,
) {
  if (to === "own namespace") return podSelector !== undefined && namespaceSelector === undefined;
  if ("namespace" in to) {
    return namespaceSelector?.matchLabels["kubernetes.io/metadata.name"] === to.namespace;
  }
  if (ipBlock === undefined) return false;
  return isWithin(to.ip, ipBlock.cidr) && !ipBlock.except.some((cidr) => isWithin(to.ip, cidr));
}

function isWithin(ip: string, cidr: string): boolean {
  const [network = "", bits] = cidr.split("/");
  const family = (address: string) => (isIPv6(address) ? "ipv6" : "ipv4");
  if (family(ip) !== family(network)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family(network));
  return list.check(ip, family(ip));
}
