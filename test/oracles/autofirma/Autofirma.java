import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import es.gob.afirma.core.signers.AOSigner;
import es.gob.afirma.core.signers.CounterSignTarget;
import es.gob.afirma.signers.cades.AOCAdESSigner;
import es.gob.afirma.signers.pades.AOPDFSigner;
import es.gob.afirma.signers.xades.AOXAdESSigner;
import es.gob.afirma.signvalidation.SignValiderFactory;
import es.gob.afirma.signvalidation.SignValidity;
import es.gob.afirma.signvalidation.ValidateBinarySignature;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.KeyStore.PasswordProtection;
import java.security.KeyStore.PrivateKeyEntry;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;

/** AutoFirma's libraries as an oracle: `validate` (integrity only), `sign`, `cosign`, `countersign`, the two phases of its server, and a `batch`. */
public final class Autofirma {
  private static final char[] PASSWORD = "compulsa".toCharArray();
  private static final Map<String, PrivateKeyEntry> KEYS = new HashMap<>();

  private Autofirma() {}

  public static void main(String[] arguments) throws Exception {
    System.setProperty("java.awt.headless", "true");
    Logger.getLogger("").setLevel(Level.OFF);
    Jobs.answer(Map.of(
        "validate", Autofirma::validate, "sign", Autofirma::sign, "cosign", Autofirma::cosign, "countersign", Autofirma::countersign,
        "presign", Triphase::presign, "postsign", Triphase::postsign, "batch", LocalBatch::batch, "machine", LocalBatch::machine));
  }

  private static JsonNode validate(JsonNode job) throws Exception {
    byte[] signature = bytes(job, "file");
    boolean withoutCertificates = false;
    SignValidity validity = job.hasNonNull("content")
        ? ValidateBinarySignature.validate(signature, bytes(job, "content"), withoutCertificates)
        : SignValiderFactory.getSignValider(signature).validate(signature, withoutCertificates);
    ObjectNode answer = Jobs.JSON.createObjectNode();
    answer.put("validity", validity.getValidity().name());
    if (validity.getError() != null) answer.put("error", validity.getError().name());
    if (validity.getErrorException() != null) answer.put("why", validity.getErrorException().toString());
    return answer;
  }

  private static JsonNode sign(JsonNode job) throws Exception {
    PrivateKeyEntry key = key(job);
    return written(job, signer(job).sign(
        bytes(job, "file"), algorithm(job), key.getPrivateKey(), key.getCertificateChain(), parameters(job)));
  }

  private static JsonNode cosign(JsonNode job) throws Exception {
    PrivateKeyEntry key = key(job);
    byte[] signature = bytes(job, "file");
    return written(job, job.hasNonNull("content")
        ? signer(job).cosign(bytes(job, "content"), signature, algorithm(job), key.getPrivateKey(), key.getCertificateChain(), parameters(job))
        : signer(job).cosign(signature, algorithm(job), key.getPrivateKey(), key.getCertificateChain(), parameters(job)));
  }

  private static JsonNode countersign(JsonNode job) throws Exception {
    PrivateKeyEntry key = key(job);
    return written(job, signer(job).countersign(
        bytes(job, "file"), algorithm(job), CounterSignTarget.LEAFS, new Object[0], key.getPrivateKey(), key.getCertificateChain(), parameters(job)));
  }

  private static AOSigner signer(JsonNode job) {
    switch (job.get("format").asText()) {
      case "PAdES": return new AOPDFSigner();
      case "CAdES": return new AOCAdESSigner();
      default: return new AOXAdESSigner();
    }
  }

  static String algorithm(JsonNode job) {
    return job.path("algorithm").asText("SHA256withRSA");
  }

  static Properties parameters(JsonNode job) {
    Properties parameters = new Properties();
    parameters.setProperty("headless", "true");
    job.path("parameters").fields().forEachRemaining(member -> parameters.setProperty(member.getKey(), member.getValue().asText()));
    return parameters;
  }

  /** A key store is read once: reading it takes longer than signing with its key. */
  private static PrivateKeyEntry key(JsonNode job) throws Exception {
    String path = job.get("p12").asText();
    if (!KEYS.containsKey(path)) KEYS.put(path, read(path));
    return KEYS.get(path);
  }

  private static PrivateKeyEntry read(String path) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream file = new FileInputStream(path)) {
      store.load(file, PASSWORD);
    }
    return (PrivateKeyEntry) store.getEntry(store.aliases().nextElement(), new PasswordProtection(PASSWORD));
  }

  static byte[] bytes(JsonNode job, String member) throws Exception {
    return Files.readAllBytes(Path.of(job.get(member).asText()));
  }

  static JsonNode written(JsonNode job, byte[] signature) throws Exception {
    Files.write(Path.of(job.get("out").asText()), signature);
    return Jobs.JSON.createObjectNode();
  }
}
