"""pyHanko as an oracle: one JSON job a line on standard input, one JSON answer a line on standard output, in order.

{"id", "verb", …} is answered with {"id", "answer"} or {"id", "error"}. Verbs: `validatePdf`, `validateCms`, `signPdf`,
`signCms`, `cut`. A file is named by its path, an anchor by the path of its certificate.
"""

import asyncio
import hashlib
import json
import logging
import sys
import traceback
from datetime import datetime, timezone

from asn1crypto import cms
from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    async_validate_cms_signature,
    async_validate_detached_cms,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.ades import ades_lta_validation, ades_with_time_validation
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.status import StandardCMSSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy, FreshnessReqType
from pyhanko_certvalidator.registry import SimpleTrustManager

import parts

PASSWORD = b'compulsa'


def certificates(paths):
    return list(load_certs_from_pemder(paths or []))


def context_options(job):
    """With `revocation`, a certificate that nothing is known about is not valid; with `online` it may be asked for."""
    return {
        'trust_roots': certificates(job['trust']),
        'other_certs': certificates(job.get('others')),
        'allow_fetching': job.get('online', False),
        'revocation_mode': 'require' if job.get('revocation') else 'soft-fail',
    }


def ades_specification(job):
    trust = SimpleTrustManager.build(trust_roots=certificates(job['trust']))
    fetching = RevinfoOnlineFetchingRule.ALWAYS_FETCH if job.get('online') else RevinfoOnlineFetchingRule.LOCAL_ONLY
    return SignatureValidationSpec(
        cert_validation_policy=CertValidationPolicySpec(
            trust_manager=trust,
            revinfo_policy=CertRevTrustPolicy(
                REQUIRE_REVINFO, freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION
            ),
        ),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(online_fetching_rule=fetching),
    )


def outcome(result):
    passed = result.ades_subindic == AdESPassed.OK
    return {'indication': 'PASSED' if passed else str(result.ades_subindic), 'why': result.failure_msg}


async def validate_pdf(job):
    with open(job['file'], 'rb') as file:
        reader = PdfFileReader(file)
        options = context_options(job)
        try:
            context = DocumentSecurityStore.read_dss(reader).as_validation_context(options)
        except NoDSSFoundError:
            context = ValidationContext(**options)
        answer = {'signatures': [], 'timestamps': []}
        for embedded in reader.embedded_regular_signatures:
            answer['signatures'].append(await validate_embedded(embedded, context, job))
        for embedded in reader.embedded_timestamp_signatures:
            status = await async_validate_pdf_timestamp(embedded, context)
            valid = status.intact and status.valid and status.trusted
            answer['timestamps'].append({'field': embedded.field_name, 'valid': valid, 'summary': status.summary()})
        return answer


async def validate_embedded(embedded, context, job):
    status = await async_validate_pdf_signature(
        embedded, signer_validation_context=context, ts_validation_context=context
    )
    told = {
        'field': embedded.field_name,
        'valid': status.bottom_line,
        'summary': status.summary(),
        'coverage': status.coverage.name,
        'modification': status.modification_level.name if status.modification_level else None,
    }
    # Its long-term process starts from a signature-time-stamp, also where a document time-stamp proves as much.
    if job.get('ades') and status.timestamp_validity is not None:
        specification = PdfSignatureValidationSpec(signature_validation_spec=ades_specification(job))
        told['ades'] = outcome(await ades_lta_validation(embedded, specification))
    return told


async def validate_cms(job):
    with open(job['file'], 'rb') as file:
        signed_data = cms.ContentInfo.load(file.read())['content']
    context = ValidationContext(**context_options(job))
    if job.get('content'):
        with open(job['content'], 'rb') as content:
            status = await async_validate_detached_cms(content, signed_data, signer_validation_context=context)
    else:
        status = await async_validate_cms_signature(
            signed_data, status_cls=StandardCMSSignatureStatus, validation_context=context
        )
    answer = {'valid': status.bottom_line, 'summary': status.summary()}
    if job.get('ades'):
        digest = digest_of(job['content'], signed_data) if job.get('content') else None
        answer['ades'] = outcome(await ades_with_time_validation(signed_data, ades_specification(job), raw_digest=digest))
    return answer


def digest_of(path, signed_data):
    algorithm = signed_data['signer_infos'][0]['digest_algorithm']['algorithm'].native
    with open(path, 'rb') as content:
        return hashlib.file_digest(content, algorithm).digest()


def signer_of(job):
    return signers.SimpleSigner.load_pkcs12(
        job['p12'], passphrase=PASSWORD, other_certs=certificates(job.get('others'))
    )


def stamper_of(job):
    return timestamps.HTTPTimeStamper(job['tsa']) if job.get('tsa') else None


async def sign_pdf(job):
    level = job['level']
    context = ValidationContext(trust_roots=certificates(job['trust']), allow_fetching=True, revocation_mode='require')
    metadata = signers.PdfSignatureMetadata(
        field_name=job.get('field', 'Signature1'),
        md_algorithm=job.get('digest', 'sha256'),
        subfilter=fields.SigSeedSubFilter.PADES,
        embed_validation_info=level in ('LT', 'LTA'),
        use_pades_lta=level == 'LTA',
        validation_context=context,
    )
    with open(job['file'], 'rb') as original, open(job['out'], 'wb') as out:
        await signers.async_sign_pdf(
            IncrementalPdfFileWriter(original),
            metadata,
            signer_of(job),
            timestamper=stamper_of(job) if level != 'B' else None,
            output=out,
        )
    return {}


async def sign_cms(job):
    with open(job['file'], 'rb') as content:
        signature = await signer_of(job).async_sign_general_data(
            content.read(),
            job.get('digest', 'sha256'),
            detached=job.get('detached', False),
            timestamper=stamper_of(job) if job['level'] != 'B' else None,
            use_cades=True,
            signed_attr_settings=PdfCMSSignedAttributes(signing_time=datetime.now(timezone.utc)),
        )
    with open(job['out'], 'wb') as out:
        out.write(signature.dump())
    return {}


async def cut(job):
    return parts.cut(job)


VERBS = {
    'validatePdf': validate_pdf,
    'validateCms': validate_cms,
    'signPdf': sign_pdf,
    'signCms': sign_cms,
    'cut': cut,
}


def main():
    logging.disable(logging.CRITICAL)
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        job = json.loads(line)
        try:
            reply = {'id': job['id'], 'answer': asyncio.run(VERBS[job['verb']](job))}
        except Exception as thrown:
            traceback.print_exc()
            reply = {'id': job['id'], 'error': f'{type(thrown).__name__}: {thrown}'}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == '__main__':
    main()
