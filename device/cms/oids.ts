// The object identifiers of CMS and CAdES baseline signatures, by their names in the standards that define them.
// One name for one value; nothing else lives here.

export const oids = {
  // RFC 5652
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  countersignature: '1.2.840.113549.1.9.6',
  // RFC 5940
  ocspResponse: '1.3.6.1.5.5.7.16.2',
  // RFC 3161
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  // RFC 6211
  cmsAlgorithmProtection: '1.2.840.113549.1.9.52',
  // RFC 5035
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  // RFC 2634
  contentHints: '1.2.840.113549.1.9.16.2.4',
  // EN 319 122-1, signed attributes
  signaturePolicy: '1.2.840.113549.1.9.16.2.15',
  signaturePolicyUri: '1.2.840.113549.1.9.16.5.1',
  commitmentType: '1.2.840.113549.1.9.16.2.16',
  signerLocation: '1.2.840.113549.1.9.16.2.17',
  signerAttributes: '1.2.840.113549.1.9.16.2.18',
  contentTimestamp: '1.2.840.113549.1.9.16.2.20',
  mimeType: '0.4.0.1733.2.1',
  signerAttributesV2: '0.4.0.19122.1.1',
  // EN 319 122-1, unsigned attributes
  signatureTimestamp: '1.2.840.113549.1.9.16.2.14',
  archiveTimestampV3: '0.4.0.1733.2.4',
  atsHashIndex: '0.4.0.1733.2.5',
  atsHashIndexV3: '0.4.0.19122.1.5',
  longTermValidation: '0.4.0.1733.2.2',
  signaturePolicyStore: '0.4.0.19122.1.3',
  completeCertificateReferences: '1.2.840.113549.1.9.16.2.21',
  completeRevocationReferences: '1.2.840.113549.1.9.16.2.22',
  certificateValues: '1.2.840.113549.1.9.16.2.23',
  revocationValues: '1.2.840.113549.1.9.16.2.24',
  signatureAndReferencesTimestamp: '1.2.840.113549.1.9.16.2.25',
  referencesTimestamp: '1.2.840.113549.1.9.16.2.26',
  archiveTimestamp: '1.2.840.113549.1.9.16.2.27',
  archiveTimestampV2: '1.2.840.113549.1.9.16.2.48',
  // ISO 32000-1, 12.8.3.3.2
  revocationInfoArchival: '1.2.840.113583.1.1.8',
  // X.520
  name: '2.5.4.41',
  // RFC 6960
  ocspBasic: '1.3.6.1.5.5.7.48.1.1',
  // RFC 5754, RFC 8017, RFC 5758
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  rsaEncryption: '1.2.840.113549.1.1.1',
  rsassaPss: '1.2.840.113549.1.1.10',
  mgf1: '1.2.840.113549.1.1.8',
  sha1WithRsa: '1.2.840.113549.1.1.5',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  sha384WithRsa: '1.2.840.113549.1.1.12',
  sha512WithRsa: '1.2.840.113549.1.1.13',
  ecdsaWithSha1: '1.2.840.10045.4.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ecdsaWithSha512: '1.2.840.10045.4.3.4',
} as const
