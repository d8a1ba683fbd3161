import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import es.gob.afirma.core.signers.CounterSignTarget;
import es.gob.afirma.core.signers.TriphaseData;
import es.gob.afirma.core.signers.TriphaseData.TriSign;
import es.gob.afirma.triphase.signer.processors.CAdESTriPhasePreProcessor;
import es.gob.afirma.triphase.signer.processors.PAdESTriPhasePreProcessor;
import es.gob.afirma.triphase.signer.processors.TriPhasePreProcessor;
import es.gob.afirma.triphase.signer.processors.XAdESTriPhasePreProcessor;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** What AutoFirma's three-phase server does before and after the client has signed. */
final class Triphase {
  private static final CounterSignTarget TARGET = CounterSignTarget.LEAFS;

  private Triphase() {}

  static JsonNode presign(JsonNode job) throws Exception {
    byte[] data = Autofirma.bytes(job, "file");
    String algorithm = Autofirma.algorithm(job);
    X509Certificate[] chain = chain(job);
    Properties parameters = Autofirma.parameters(job);
    boolean checkSignatures = false;
    TriphaseData session;
    switch (job.get("operation").asText()) {
      case "cosign": session = processor(job).preProcessPreCoSign(data, algorithm, chain, parameters, checkSignatures); break;
      case "countersign": session = processor(job).preProcessPreCounterSign(data, algorithm, chain, parameters, TARGET, checkSignatures); break;
      default: session = processor(job).preProcessPreSign(data, algorithm, chain, parameters, checkSignatures);
    }
    ObjectNode answer = Jobs.JSON.createObjectNode();
    ArrayNode signs = answer.putArray("signs");
    for (TriSign sign : session.getTriSigns()) {
      ObjectNode one = signs.addObject().put("id", sign.getId());
      ObjectNode params = one.putObject("params");
      sign.getDict().forEach(params::put);
    }
    return answer;
  }

  static JsonNode postsign(JsonNode job) throws Exception {
    byte[] data = Autofirma.bytes(job, "file");
    String algorithm = Autofirma.algorithm(job);
    X509Certificate[] chain = chain(job);
    Properties parameters = Autofirma.parameters(job);
    TriphaseData session = new TriphaseData(signs(job.get("signs")));
    switch (job.get("operation").asText()) {
      case "cosign": return Autofirma.written(job, processor(job).preProcessPostCoSign(data, algorithm, chain, parameters, session));
      case "countersign": return Autofirma.written(job, processor(job).preProcessPostCounterSign(data, algorithm, chain, parameters, session, TARGET));
      default: return Autofirma.written(job, processor(job).preProcessPostSign(data, algorithm, chain, parameters, session));
    }
  }

  private static TriPhasePreProcessor processor(JsonNode job) {
    switch (job.get("format").asText()) {
      case "pades": return new PAdESTriPhasePreProcessor();
      case "cades": return new CAdESTriPhasePreProcessor();
      default: return new XAdESTriPhasePreProcessor();
    }
  }

  private static X509Certificate[] chain(JsonNode job) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<X509Certificate> chain = new ArrayList<>();
    for (JsonNode certificate : job.get("certificates")) {
      chain.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(certificate.binaryValue())));
    }
    return chain.toArray(new X509Certificate[0]);
  }

  private static List<TriSign> signs(JsonNode told) {
    List<TriSign> signs = new ArrayList<>();
    for (JsonNode one : told) {
      Map<String, String> params = new HashMap<>();
      one.get("params").fields().forEachRemaining(member -> params.put(member.getKey(), member.getValue().asText()));
      signs.add(new TriSign(params, one.get("id").asText()));
    }
    return signs;
  }
}
