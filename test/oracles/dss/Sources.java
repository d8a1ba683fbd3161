import com.fasterxml.jackson.databind.JsonNode;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.service.crl.OnlineCRLSource;
import eu.europa.esig.dss.service.http.commons.CommonsDataLoader;
import eu.europa.esig.dss.service.http.commons.OCSPDataLoader;
import eu.europa.esig.dss.service.ocsp.OnlineOCSPSource;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonCertificateSource;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.aia.DefaultAIASource;
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** What a job names by path: documents, certificates, and the sources that answer about them. */
final class Sources {
  private Sources() {}

  static DSSDocument document(JsonNode path) {
    return new FileDocument(path.asText());
  }

  static List<DSSDocument> documents(JsonNode paths) {
    List<DSSDocument> documents = new ArrayList<>();
    if (paths.isTextual()) documents.add(document(paths));
    paths.forEach(path -> documents.add(document(path)));
    return documents;
  }

  /** `trust` are the anchors, `others` further certificates; without `online` nothing is asked over the network. */
  static CommonCertificateVerifier verifier(JsonNode job) throws Exception {
    CommonCertificateVerifier verifier = new CommonCertificateVerifier(true);
    CommonTrustedCertificateSource anchors = new CommonTrustedCertificateSource();
    for (X509Certificate certificate : certificates(job.path("trust"))) anchors.addCertificate(new CertificateToken(certificate));
    verifier.setTrustedCertSources(anchors);
    CommonCertificateSource others = new CommonCertificateSource();
    for (X509Certificate certificate : certificates(job.path("others"))) others.addCertificate(new CertificateToken(certificate));
    verifier.setAdjunctCertSources(others);
    if (job.path("online").asBoolean()) {
      verifier.setAIASource(new DefaultAIASource(new CommonsDataLoader()));
      verifier.setCrlSource(new OnlineCRLSource(new CommonsDataLoader()));
      verifier.setOcspSource(new OnlineOCSPSource(new OCSPDataLoader()));
    }
    return verifier;
  }

  private static List<X509Certificate> certificates(JsonNode paths) throws Exception {
    List<X509Certificate> found = new ArrayList<>();
    for (JsonNode path : paths) {
      try (InputStream file = new FileInputStream(path.asText())) {
        for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(file)) found.add((X509Certificate) certificate);
      }
    }
    return found;
  }
}
