import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.enumerations.Indication;
import eu.europa.esig.dss.enumerations.SubIndication;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.policy.ValidationPolicy;
import eu.europa.esig.dss.policy.ValidationPolicyFacade;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;

/**
 * Validates one file and says, per signature and per time-stamp, what the simple report says. `strict` turns what DSS's
 * own policy only warns of in a later revision of a PDF into a failure.
 */
final class Validate {
  private static final List<String> WARNED_OF_BY_DEFAULT = List.of(
      "ByteRangeCollision", "PdfAnnotationOverlap", "PdfVisualDifference", "DocMDP", "FieldMDP", "SigFieldLock", "UndefinedChanges");

  private Validate() {}

  static JsonNode answer(JsonNode job) throws Exception {
    BaselineMessages.take();
    SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(Sources.document(job.get("file")));
    validator.setCertificateVerifier(Sources.verifier(job));
    if (job.hasNonNull("content")) validator.setDetachedContents(Sources.documents(job.get("content")));
    if (job.hasNonNull("time")) validator.setValidationTime(Date.from(Instant.parse(job.get("time").asText())));
    Reports reports = validator.validateDocument(policy(job.path("strict").asBoolean()));
    return told(reports.getSimpleReport(), reports.getDiagnosticData());
  }

  private static ValidationPolicy policy(boolean strict) throws Exception {
    String text;
    try (InputStream file = ValidationPolicyFacade.class.getResourceAsStream("/policy/constraint.xml")) {
      text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
    }
    if (strict) {
      for (String name : WARNED_OF_BY_DEFAULT) text = text.replace("<" + name + " Level=\"WARN\"", "<" + name + " Level=\"FAIL\"");
    }
    return ValidationPolicyFacade.newFacade().getValidationPolicy(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static ObjectNode told(SimpleReport report, DiagnosticData diagnostic) {
    ObjectNode answer = Jobs.JSON.createObjectNode();
    ArrayNode signatures = answer.putArray("signatures");
    for (String id : report.getSignatureIdList()) {
      SignatureWrapper found = diagnostic.getSignatureById(id);
      ObjectNode signature = verdict(signatures.addObject(), report, id);
      signature.put("level", String.valueOf(report.getSignatureFormat(id)));
      signature.put("signedBy", report.getSignedBy(id));
      signature.put("bestSignatureTime", String.valueOf(report.getBestSignatureTime(id).toInstant()));
      signature.put("counterSignature", found.isCounterSignature());
      signature.put("digestAlgorithm", String.valueOf(found.getDigestAlgorithm()));
      signature.put("signatureAlgorithm", String.valueOf(found.getSignatureAlgorithm()));
      signature.put("policy", found.getPolicyId());
      ArrayNode timestamps = signature.putArray("timestamps");
      for (TimestampWrapper timestamp : found.getTimestampList()) told(timestamps.addObject(), report, timestamp);
    }
    ArrayNode detached = answer.putArray("timestamps");
    for (TimestampWrapper timestamp : diagnostic.getTimestampList()) {
      if (timestamp.getTimestampedSignatures().isEmpty()) told(detached.addObject(), report, timestamp);
    }
    ArrayNode baseline = answer.putArray("baseline");
    BaselineMessages.take().forEach(baseline::add);
    return answer;
  }

  private static void told(ObjectNode timestamp, SimpleReport report, TimestampWrapper found) {
    verdict(timestamp, report, found.getId());
    timestamp.put("type", String.valueOf(found.getType()));
    timestamp.put("time", String.valueOf(found.getProductionTime().toInstant()));
  }

  private static ObjectNode verdict(ObjectNode into, SimpleReport report, String id) {
    Indication indication = report.getIndication(id);
    SubIndication subIndication = report.getSubIndication(id);
    into.put("id", id);
    into.put("indication", String.valueOf(indication));
    if (subIndication != null) into.put("subIndication", subIndication.toString());
    messages(into.putArray("errors"), report.getAdESValidationErrors(id));
    messages(into.putArray("warnings"), report.getAdESValidationWarnings(id));
    return into;
  }

  private static void messages(ArrayNode into, List<Message> messages) {
    for (Message message : messages) into.add(message.getValue());
  }
}
