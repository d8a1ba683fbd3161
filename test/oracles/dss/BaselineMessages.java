import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects what DSS only logs: why a signature does not meet the requirements of a baseline level. */
final class BaselineMessages extends Handler {
  private static final List<String> messages = new ArrayList<>();

  static void collect() {
    Logger.getLogger("").addHandler(new BaselineMessages());
  }

  /** What was logged since the last call. */
  static List<String> take() {
    List<String> taken = List.copyOf(messages);
    messages.clear();
    return taken;
  }

  @Override
  public void publish(LogRecord log) {
    String logger = String.valueOf(log.getLoggerName());
    if (logger.contains("BaselineRequirementsChecker")) messages.add(log.getMessage());
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
