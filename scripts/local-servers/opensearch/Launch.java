import static org.codelibs.opensearch.runner.OpenSearchRunner.newConfigs;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import org.codelibs.opensearch.runner.OpenSearchRunner;
import org.opensearch.http.HttpServerTransport;

/**
 * Runs one OpenSearch node: Launch.java FOLDER HTTP_PORT attached|alone [DATA_FOLDER [NAME=VALUE ...]]
 *
 * Writes its port to FOLDER/port when it listens, and removes FOLDER when it ends. `attached` ends it
 * as soon as standard input does, which is when its parent dies, however that came about.
 */
public class Launch {
  public static void main(String[] args) throws Exception {
    var folder = Path.of(args[0]);
    var runner = new OpenSearchRunner();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        runner.close();
      } catch (Exception e) {
        e.printStackTrace();
      }
      remove(folder);
    }));
    if (args[2].equals("attached")) endWithInput();
    runner
        .onBuild((number, settings) -> {
          settings.put("discovery.type", "single-node");
          settings.put("network.host", "127.0.0.1");
          settings.put("http.port", args[1]);
          settings.put("transport.port", "0");
          if (args.length > 3 && !args[3].isEmpty()) settings.put("path.data", args[3]);
          for (int i = 4; i < args.length; i++) {
            var pair = args[i].split("=", 2);
            settings.put(pair[0], pair[1]);
          }
          settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
        })
        .build(newConfigs()
            .basePath(folder.toString())
            .numOfNode(1)
            .clusterName("local")
            .pluginTypes("org.opensearch.knn.plugin.KNNPlugin"));
    var http = runner.node().injector().getInstance(HttpServerTransport.class);
    announce(folder, http.boundAddress().publishAddress().getPort());
    Thread.currentThread().join();
  }

  private static void announce(Path folder, int port) throws IOException {
    var draft = folder.resolve("port.draft");
    Files.writeString(draft, Integer.toString(port));
    Files.move(draft, folder.resolve("port"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void endWithInput() {
    var watch = new Thread(() -> {
      try {
        System.in.transferTo(OutputStream.nullOutputStream());
      } catch (IOException e) {
        // A broken pipe means the same as its end.
      }
      System.exit(0);
    });
    watch.setDaemon(true);
    watch.start();
  }

  private static void remove(Path folder) {
    try (var paths = Files.walk(folder)) {
      paths.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    } catch (IOException e) {
      System.err.println("could not remove " + folder + ": " + e);
    }
  }
}
