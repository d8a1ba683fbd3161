import com.fasterxml.jackson.databind.JsonNode;
import eu.europa.esig.dss.signature.AbstractSignatureParameters;
import eu.europa.esig.dss.cades.CAdESSignatureParameters;
import eu.europa.esig.dss.cades.signature.CAdESCounterSignatureParameters;
import eu.europa.esig.dss.cades.signature.CAdESService;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.EncryptionAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.enumerations.SignaturePackaging;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.ToBeSigned;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.service.tsp.OnlineTSPSource;
import eu.europa.esig.dss.token.DSSPrivateKeyEntry;
import eu.europa.esig.dss.token.AbstractKeyStoreTokenConnection;
import eu.europa.esig.dss.token.Pkcs11SignatureToken;
import eu.europa.esig.dss.token.Pkcs12SignatureToken;
import eu.europa.esig.dss.token.PrefilledPasswordCallback;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.xades.XAdESSignatureParameters;
import eu.europa.esig.dss.xades.signature.XAdESCounterSignatureParameters;
import eu.europa.esig.dss.xades.signature.XAdESService;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.KeyStore.PasswordProtection;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Makes, countersigns and extends signatures with DSS; the level's name says the format (`CAdES-BASELINE-LT`). */
final class Make {
  private static final char[] PASSWORD = "compulsa".toCharArray();
  private static final Map<String, AbstractKeyStoreTokenConnection> TOKENS = new ConcurrentHashMap<>();

  private Make() {}

  /** Signs `file` into `out`; a file that holds signatures already is signed once more, in parallel. */
  static JsonNode sign(JsonNode job) throws Exception {
    DSSDocument original = Sources.document(job.get("file"));
    AbstractKeyStoreTokenConnection token = token(job);
    DSSPrivateKeyEntry key = token.getKeys().get(0);
    switch (format(job)) {
      case "PAdES": {
        PAdESService service = new PAdESService(Sources.verifier(job));
        service.setTspSource(tsa(job));
        PAdESSignatureParameters parameters = configured(new PAdESSignatureParameters(), job, key);
        ToBeSigned toSign = service.getDataToSign(original, parameters);
        service.signDocument(original, parameters, signed(token, key, toSign, parameters)).save(job.get("out").asText());
        break;
      }
      case "CAdES": {
        CAdESService service = cades(job);
        CAdESSignatureParameters parameters = configured(new CAdESSignatureParameters(), job, key);
        ToBeSigned toSign = service.getDataToSign(original, parameters);
        service.signDocument(original, parameters, signed(token, key, toSign, parameters)).save(job.get("out").asText());
        break;
      }
      default: {
        XAdESService service = xades(job);
        XAdESSignatureParameters parameters = configured(new XAdESSignatureParameters(), job, key);
        ToBeSigned toSign = service.getDataToSign(original, parameters);
        service.signDocument(original, parameters, signed(token, key, toSign, parameters)).save(job.get("out").asText());
      }
    }
    return Jobs.JSON.createObjectNode();
  }

  /** Countersigns the first signature of `file`. */
  static JsonNode countersign(JsonNode job) throws Exception {
    DSSDocument signature = Sources.document(job.get("file"));
    String id = firstSignature(job, signature);
    AbstractKeyStoreTokenConnection token = token(job);
    DSSPrivateKeyEntry key = token.getKeys().get(0);
    if (format(job).equals("CAdES")) {
      CAdESService service = cades(job);
      CAdESCounterSignatureParameters parameters = configured(new CAdESCounterSignatureParameters(), job, key);
      parameters.setSignatureIdToCounterSign(id);
      ToBeSigned toSign = service.getDataToBeCounterSigned(signature, parameters);
      service.counterSignSignature(signature, parameters, signed(token, key, toSign, parameters)).save(job.get("out").asText());
    } else {
      XAdESService service = xades(job);
      XAdESCounterSignatureParameters parameters = configured(new XAdESCounterSignatureParameters(), job, key);
      parameters.setSignatureIdToCounterSign(id);
      ToBeSigned toSign = service.getDataToBeCounterSigned(signature, parameters);
      service.counterSignSignature(signature, parameters, signed(token, key, toSign, parameters)).save(job.get("out").asText());
    }
    return Jobs.JSON.createObjectNode();
  }

  /** Extends what `file` holds to `level`. */
  static JsonNode extend(JsonNode job) throws Exception {
    DSSDocument signature = Sources.document(job.get("file"));
    DSSDocument extended;
    switch (format(job)) {
      case "PAdES": {
        PAdESService service = new PAdESService(Sources.verifier(job));
        service.setTspSource(tsa(job));
        PAdESSignatureParameters parameters = new PAdESSignatureParameters();
        parameters.setSignatureLevel(level(job));
        extended = service.extendDocument(signature, parameters);
        break;
      }
      case "CAdES": {
        CAdESSignatureParameters parameters = new CAdESSignatureParameters();
        parameters.setSignatureLevel(level(job));
        if (job.hasNonNull("content")) parameters.setDetachedContents(Sources.documents(job.get("content")));
        extended = cades(job).extendDocument(signature, parameters);
        break;
      }
      default: {
        XAdESSignatureParameters parameters = new XAdESSignatureParameters();
        parameters.setSignatureLevel(level(job));
        if (job.hasNonNull("content")) parameters.setDetachedContents(Sources.documents(job.get("content")));
        extended = xades(job).extendDocument(signature, parameters);
      }
    }
    extended.save(job.get("out").asText());
    return Jobs.JSON.createObjectNode();
  }

  private static String firstSignature(JsonNode job, DSSDocument signature) throws Exception {
    SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(signature);
    validator.setCertificateVerifier(Sources.verifier(job));
    if (job.hasNonNull("content")) validator.setDetachedContents(Sources.documents(job.get("content")));
    return validator.getSignatures().get(0).getId();
  }

  private static CAdESService cades(JsonNode job) throws Exception {
    CAdESService service = new CAdESService(Sources.verifier(job));
    service.setTspSource(tsa(job));
    return service;
  }

  private static XAdESService xades(JsonNode job) throws Exception {
    XAdESService service = new XAdESService(Sources.verifier(job));
    service.setTspSource(tsa(job));
    return service;
  }

  private static OnlineTSPSource tsa(JsonNode job) {
    return new OnlineTSPSource(job.get("tsa").asText());
  }

  private static <P extends AbstractSignatureParameters<?>> P configured(P parameters, JsonNode job, DSSPrivateKeyEntry key) {
    parameters.setSignatureLevel(level(job));
    if (job.hasNonNull("packaging")) parameters.setSignaturePackaging(SignaturePackaging.valueOf(job.get("packaging").asText()));
    parameters.setDigestAlgorithm(DigestAlgorithm.valueOf(job.path("digest").asText("SHA256")));
    parameters.setSigningCertificate(key.getCertificate());
    parameters.setCertificateChain(Arrays.asList(key.getCertificateChain()));
    if (job.path("pss").asBoolean()) parameters.setEncryptionAlgorithm(EncryptionAlgorithm.RSASSA_PSS);
    if (job.hasNonNull("content")) parameters.setDetachedContents(Sources.documents(job.get("content")));
    return parameters;
  }

  /** A key store stays open: opening one takes longer than signing with it. `token` is the first slot of a PKCS#11 module. */
  private static AbstractKeyStoreTokenConnection token(JsonNode job) {
    JsonNode token = job.path("token");
    if (token.isMissingNode()) return TOKENS.computeIfAbsent(job.get("p12").asText(), Make::opened);
    PrefilledPasswordCallback pin =
        new PrefilledPasswordCallback(new PasswordProtection(token.get("pin").asText().toCharArray()));
    return TOKENS.computeIfAbsent(
        token.get("module").asText(), module -> new Pkcs11SignatureToken(module, pin, -1, 0, null));
  }

  private static Pkcs12SignatureToken opened(String path) {
    try {
      return new Pkcs12SignatureToken(new File(path), new PasswordProtection(PASSWORD));
    } catch (IOException thrown) {
      throw new UncheckedIOException(thrown);
    }
  }

  private static SignatureValue signed(
      AbstractKeyStoreTokenConnection token, DSSPrivateKeyEntry key, ToBeSigned toSign, AbstractSignatureParameters<?> parameters) {
    SignatureAlgorithm algorithm = parameters.getSignatureAlgorithm();
    return token.sign(toSign, algorithm, key);
  }

  private static SignatureLevel level(JsonNode job) {
    return SignatureLevel.valueByName(job.get("level").asText());
  }

  private static String format(JsonNode job) {
    return job.get("level").asText().substring(0, 5);
  }
}
