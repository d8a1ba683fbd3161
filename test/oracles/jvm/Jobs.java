import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Answers jobs for as long as standard input lasts: one JSON object a line in, one a line out, in the same order, so
 * that a virtual machine starts once for a whole run. `{"id", "verb", …}` is answered with `{"id", "answer"}` or
 * `{"id", "error"}`. Whatever a library prints goes to standard error.
 */
public final class Jobs {
  /** What one verb does: from the job's members to its answer. */
  public interface Verb {
    JsonNode answer(JsonNode job) throws Exception;
  }

  public static final ObjectMapper JSON = new ObjectMapper();

  private Jobs() {}

  public static void answer(Map<String, Verb> verbs) throws Exception {
    PrintStream answers = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    BufferedReader jobs = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = jobs.readLine(); line != null; line = jobs.readLine()) {
      answers.println(JSON.writeValueAsString(answerTo(JSON.readTree(line), verbs)));
    }
  }

  private static ObjectNode answerTo(JsonNode job, Map<String, Verb> verbs) {
    ObjectNode reply = JSON.createObjectNode();
    reply.set("id", job.get("id"));
    try {
      Verb verb = verbs.get(job.path("verb").asText());
      if (verb == null) throw new IllegalArgumentException("no verb " + job.path("verb"));
      reply.set("answer", verb.answer(job));
    } catch (Throwable thrown) {
      reply.put("error", worded(thrown));
    }
    return reply;
  }

  private static String worded(Throwable thrown) {
    StringBuilder words = new StringBuilder(thrown.toString());
    for (Throwable cause = thrown.getCause(); cause != null; cause = cause.getCause()) words.append(" < ").append(cause);
    return words.toString();
  }
}
