import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cost } from "./dashboards/cost.ts";
import { errors } from "./dashboards/errors.ts";
import { logs } from "./dashboards/logs.ts";
import { toGrafana } from "./dashboards/panel.ts";
import { quality } from "./dashboards/quality.ts";
import { realtime } from "./dashboards/realtime.ts";

/** Where Grafana finds them. */
export const DASHBOARD_FOLDER = join(import.meta.dirname, "../monitoring/grafana/dashboards");

/** The dashboards by the names of their files. */
export const DASHBOARDS = {
  "realtime.json": toGrafana(realtime),
  "quality.json": toGrafana(quality),
  "cost.json": toGrafana(cost),
  "logs.json": toGrafana(logs),
  "errors.json": toGrafana(errors),
};

if (import.meta.main) {
  for (const [name, dashboard] of Object.entries(DASHBOARDS)) {
    await writeFile(join(DASHBOARD_FOLDER, name), `${JSON.stringify(dashboard, null, 2)}\n`);
  }
}
