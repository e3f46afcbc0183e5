import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/**
 * Formats the storage of one Kafka broker and runs it: Launch.java FOLDER PORT attached|alone
 *
 * Reads FOLDER/server.properties and FOLDER/format.args (one a line), writes PORT to FOLDER/port when
 * the broker serves, and removes FOLDER when it ends. `attached` ends it as soon as standard input does,
 * which is when its parent dies, however that came about.
 */
public class Launch {
  public static void main(String[] args) throws Exception {
    var folder = Path.of(args[0]);
    var file = folder.resolve("server.properties");
    var format = new ArrayList<String>(List.of("format", "--ignore-formatted"));
    // The same id each time, or a broker would not take the storage of the one before it.
    format.addAll(List.of("-t", new Uuid(1, 1).toString(), "-c", file.toString()));
    format.addAll(Files.readAllLines(folder.resolve("format.args")));
    if (StorageTool.execute(format.toArray(String[]::new), System.out) != 0) System.exit(1);
    var properties = new Properties();
    try (var reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    var server = new KafkaRaftServer(KafkaConfig.fromProps(properties), Time.SYSTEM);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      server.shutdown();
      server.awaitShutdown();
      remove(folder);
    }));
    if (args[2].equals("attached")) endWithInput();
    server.startup();
    announce(folder, args[1]);
    server.awaitShutdown();
  }

  private static void announce(Path folder, String port) throws IOException {
    var draft = folder.resolve("port.draft");
    Files.writeString(draft, port);
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
