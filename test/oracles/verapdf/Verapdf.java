import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileInputStream;
import java.io.InputStream;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** veraPDF as an oracle: does a file conform to the PDF/A flavour it is held against (2b where none is named). */
public final class Verapdf {
  private Verapdf() {}

  public static void main(String[] arguments) throws Exception {
    Logger.getLogger("").setLevel(Level.SEVERE);
    VeraGreenfieldFoundryProvider.initialise();
    Jobs.answer(Map.of("validate", Verapdf::validate));
  }

  private static JsonNode validate(JsonNode job) throws Exception {
    PDFAFlavour flavour = PDFAFlavour.byFlavourId(job.path("flavour").asText("2b"));
    ObjectNode answer = Jobs.JSON.createObjectNode();
    try (InputStream file = new FileInputStream(job.get("file").asText());
        PDFAParser parser = Foundries.defaultInstance().createParser(file, flavour);
        PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
      ValidationResult result = validator.validate(parser);
      answer.put("compliant", result.isCompliant());
      ArrayNode failures = answer.putArray("failures");
      for (TestAssertion assertion : result.getTestAssertions()) {
        if (assertion.getStatus() != TestAssertion.Status.FAILED) continue;
        failures.add(assertion.getRuleId().getClause() + "-" + assertion.getRuleId().getTestNumber() + " " + assertion.getMessage()
            + " at " + assertion.getLocation().getContext());
      }
    }
    return answer;
  }
}
