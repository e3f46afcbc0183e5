import assert from "node:assert/strict";
import { test } from "node:test";
import { letsOut, type Destination } from "./egress.ts";
import { NO_HELM, renderChart } from "./helm-chart.ts";
import { NO_KUSTOMIZE, OVERLAYS, renderOverlay, type Manifest } from "./manifests.ts";
import { roleSettings } from "./role-settings.ts";

type Way = [to: Destination, port: number];

const PUBLIC = { ip: "104.18.6.192" };
const PUBLIC_6 = { ip: "2606:4700::6812:7c0" };
const LOGGING = { namespace: "logging" };
const METADATA = { ip: "169.254.169.254" };
/** What somebody who got into a pod would ask for. */
const NEVER: Way[] = [
  [METADATA, 80],
  [METADATA, 443],
  [{ ip: "10.96.0.1" }, 443],
  [{ ip: "10.96.0.1" }, 6443],
  [{ ip: "192.168.1.1" }, 443],
  [{ ip: "fd00:ec2::254" }, 443],
  [PUBLIC, 80],
  [PUBLIC, 22],
  [{ namespace: "default" }, 9200],
  [{ namespace: "kube-system" }, 443],
  [LOGGING, 5432],
  ["own namespace", 9200],
];

function assertWays(
  manifests: Manifest[],
  open: readonly Way[],
  shut: readonly Way[],
  what: string,
) {
  for (const [to, port] of open) {
    assert.ok(letsOut(manifests, to, port), `${what}: no way to ${JSON.stringify(to)}:${port}`);
  }
  for (const [to, port] of shut) {
    assert.ok(!letsOut(manifests, to, port), `${what}: a way to ${JSON.stringify(to)}:${port}`);
  }
  const dns = { namespace: "kube-system" };
  for (const protocol of ["UDP", "TCP"]) assert.ok(letsOut(manifests, dns, 53, protocol), what);
}

/** Of `a.NAMESPACE.svc:PORT`. */
function wayTo(address: string): Way {
  const [, namespace, port] = /^(?:https?:\/\/)?[\w-]+\.([\w-]+)\.svc:(\d+)$/.exec(address) ?? [];
  return [{ namespace: namespace ?? assert.fail(address) }, Number(port)];
}

for (const overlay of OVERLAYS) {
  test(
    `${overlay}: pods reach what their settings name, and nothing else`,
    { skip: NO_KUSTOMIZE },
    async (t) => {
      const manifests = await renderOverlay(t, overlay);
      const [{ env } = assert.fail("no role")] = roleSettings(manifests);
      assert.equal(env["EMBEDDING_PROVIDER"], "openai");
      const addresses = [env["OPENSEARCH_URL"], env["KAFKA_BOOTSTRAP_SERVERS"]];
      const open = addresses.flatMap((one) => (one === undefined ? [] : [wayTo(one)]));
      const kafka: Way[] = overlay === "daemon" ? [[LOGGING, 9092]] : [];
      assertWays(
        manifests,
        [...open, [PUBLIC, 443], [PUBLIC_6, 443]],
        [...NEVER, ...kafka],
        overlay,
      );
    },
  );
}

const CHARTS: [what: string, values: Record<string, string>, open: Way[], shut: Way[]][] = [
  [
    "OpenSearch elsewhere",
    { "settings.OPENSEARCH_URL": "https://search.prod.svc.cluster.local:9243" },
    [
      [{ namespace: "prod" }, 9243],
      [PUBLIC, 443],
    ],
    [[LOGGING, 9200]],
  ],
  [
    "several addresses of OpenSearch, with a user, by IP and by a name outside",
    {
      "settings.OPENSEARCH_URL":
        "https://u:p%40ss@10.1.2.3:9200\\,https://search.corp.example\\,http://[2001:db8::5]:9201/path",
    },
    [
      [{ ip: "10.1.2.3" }, 9200],
      [{ ip: "10.9.9.9" }, 443],
      [PUBLIC, 443],
      [{ ip: "2001:db8::5" }, 9201],
    ],
    [
      [{ ip: "10.1.2.4" }, 9200],
      [LOGGING, 9200],
      [METADATA, 443],
    ],
  ],
  [
    "a name of the own namespace, and no embedder but the one inside",
    { "settings.OPENSEARCH_URL": "http://opensearch:9200", "settings.EMBEDDING_PROVIDER": "local" },
    [["own namespace", 9200]],
    [
      [PUBLIC, 443],
      [LOGGING, 9200],
    ],
  ],
  [
    "an embedder within",
    { "settings.OPENAI_BASE_URL": "http://ollama.models.svc:11434/v1" },
    [[{ namespace: "models" }, 11434], wayTo("opensearch.logging.svc:9200")],
    [[PUBLIC, 443]],
  ],
  [
    "an AI service",
    {
      "settings.EMBEDDING_PROVIDER": "ai-service",
      "settings.AI_SERVICE_URL": "http://ai.models.svc",
    },
    [[{ namespace: "models" }, 80]],
    [[PUBLIC, 443]],
  ],
  [
    "brokers with and without a port, traces, and alerts of the chart's own Secret",
    {
      mode: "kafka",
      "kafkaSettings.KAFKA_BOOTSTRAP_SERVERS": "b-1.streams.svc:9093\\,b-2.streams.svc",
      "settings.OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.tracing.svc:4318",
      "settings.EMBEDDING_PROVIDER": "local",
      "secrets.ALERT_SMTP_URL": "smtp://user:pa:ss@mail.corp.example:2525",
      "secrets.ALERT_SLACK_WEBHOOK_URL": "https://hooks.slack.example/services/T0/B0",
    },
    [
      [{ namespace: "streams" }, 9093],
      [{ namespace: "streams" }, 9092],
      [{ namespace: "tracing" }, 4318],
      [PUBLIC, 2525],
      [PUBLIC, 443],
    ],
    [[LOGGING, 9092]],
  ],
  [
    "networks outside that are known",
    { "networkPolicy.outside[0]": "203.0.113.0/24", "networkPolicy.outside[1]": "10.20.0.0/16" },
    [
      [{ ip: "203.0.113.9" }, 443],
      [{ ip: "10.20.1.1" }, 443],
    ],
    [
      [PUBLIC, 443],
      [PUBLIC_6, 443],
      [{ ip: "10.21.1.1" }, 443],
    ],
  ],
  [
    "requests signed for AWS",
    {
      "settings.OPENSEARCH_URL": "https://vpc-logs.eu-west-1.es.amazonaws.com",
      "settings.OPENSEARCH_AWS_REGION": "eu-west-1",
    },
    [
      [METADATA, 80],
      [{ ip: "169.254.170.23" }, 80],
      [{ ip: "10.1.2.3" }, 443],
    ],
    [[PUBLIC, 80]],
  ],
  [
    "a rule of one's own",
    {
      "networkPolicy.egress[0].to[0].ipBlock.cidr": "198.51.100.1/32",
      "networkPolicy.egress[0].ports[0].port": "8443",
      "networkPolicy.egress[0].ports[0].protocol": "TCP",
    },
    [
      [{ ip: "198.51.100.1" }, 8443],
      [LOGGING, 9200],
    ],
    [],
  ],
];

for (const [what, values, open, shut] of CHARTS) {
  test(`the chart with ${what}: a way there, and no other`, { skip: NO_HELM }, () => {
    assertWays(renderChart(values), open, shut, what);
  });
}

test("an address that cannot be read is refused without showing it", { skip: NO_HELM }, () => {
  const values = { "settings.OPENSEARCH_URL": "https://user:hunter2hunter2@" };
  assert.throws(
    () => renderChart(values),
    (error) => {
      assert.match(String(error), /networkPolicy: an address of the settings has no host/);
      assert.doesNotMatch(String(error), /hunter2/);
      return true;
    },
  );
});

test("DNS is where the values say, as OpenShift has it", { skip: NO_HELM }, () => {
  const manifests = renderChart({
    "networkPolicy.dns.namespace": "openshift-dns",
    "networkPolicy.dns.ports[0]": "5353",
  });
  assert.ok(letsOut(manifests, { namespace: "openshift-dns" }, 5353, "UDP"));
  assert.ok(!letsOut(manifests, { namespace: "kube-system" }, 53, "UDP"));
});
