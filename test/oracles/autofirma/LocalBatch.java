import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import es.gob.afirma.signers.pades.AOPDFSigner;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.KeyStore.PasswordProtection;
import java.security.KeyStore.PrivateKeyEntry;
import java.security.Provider;
import java.security.Security;
import java.util.Collections;
import java.util.Properties;

/**
 * A JSON batch of PDFs as AutoFirma signs it on somebody's computer: the whole text read, one document after the other signed
 * with one key, the whole answer written. The key is on a PKCS#11 token and is found once.
 */
final class LocalBatch {
  private static PrivateKeyEntry key;

  private LocalBatch() {}

  /** `file`, `out`, and `module`, `slot`, `pin` of the token; answers with the number of signatures. */
  static JsonNode batch(JsonNode job) throws Exception {
    JsonNode batch = Jobs.JSON.readTree(Path.of(job.get("file").asText()).toFile());
    PrivateKeyEntry entry = key(job);
    ObjectNode answer = Jobs.JSON.createObjectNode();
    ArrayNode signs = answer.putArray("signs");
    for (JsonNode item : batch.get("singlesigns")) {
      byte[] signed = new AOPDFSigner().sign(
          item.get("datareference").binaryValue(), batch.get("algorithm").asText(), entry.getPrivateKey(), entry.getCertificateChain(), parameters());
      signs.addObject().put("id", item.get("id").asText()).put("result", "DONE_AND_SAVED").put("signature", signed);
    }
    Jobs.JSON.writeValue(Path.of(job.get("out").asText()).toFile(), answer);
    return Jobs.JSON.createObjectNode().put("signed", signs.size());
  }

  /** The largest heap that this machine would take, in octets, and who collects it. */
  static JsonNode machine(JsonNode job) {
    String collector = ManagementFactory.getGarbageCollectorMXBeans().get(0).getName();
    return Jobs.JSON.createObjectNode().put("maxHeapBytes", Runtime.getRuntime().maxMemory()).put("collector", collector);
  }

  private static Properties parameters() {
    Properties parameters = new Properties();
    parameters.setProperty("headless", "true");
    return parameters;
  }

  private static PrivateKeyEntry key(JsonNode job) throws Exception {
    if (key == null) key = read(job);
    return key;
  }

  private static PrivateKeyEntry read(JsonNode job) throws Exception {
    String configuration = "name = batch\nlibrary = " + job.get("module").asText() + "\nslot = " + job.get("slot").asLong() + "\n";
    Provider provider = Security.getProvider("SunPKCS11").configure("--" + configuration);
    Security.addProvider(provider);
    char[] pin = job.get("pin").asText().toCharArray();
    KeyStore store = KeyStore.getInstance("PKCS11", provider);
    store.load(null, pin);
    for (String alias : Collections.list(store.aliases())) {
      if (store.isKeyEntry(alias)) return (PrivateKeyEntry) store.getEntry(alias, new PasswordProtection(pin));
    }
    throw new IllegalStateException("no key on the token");
  }
}
