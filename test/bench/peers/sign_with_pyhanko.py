"""pyHanko in a warm process: one JSON job a line on standard input, one JSON answer a line on standard output, in order.

Verbs: `signPdf` (with `inPlace`, the copy is appended to), `signCms`, `verifyPdf`. Key store, time-stamper and trust are
opened once.
"""

import asyncio
import functools
import json
import logging
import shutil
import sys
import traceback
from datetime import datetime, timezone

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.validation import DocumentSecurityStore, async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

signer_in = functools.cache(lambda path: signers.SimpleSigner.load_pkcs12(path, passphrase=b'compulsa'))


@functools.cache
def signer_on(module, label, pin):
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

    session = open_pkcs11_session(module, token_criteria=TokenCriteria(label=label), user_pin=pin)
    return PKCS11Signer(session, cert_id=b'\1', key_id=b'\1', other_certs_to_pull=None)


def signer_for(job):
    token = job.get('token')
    return signer_on(token['module'], token['label'], token['pin']) if token else signer_in(job['p12'])


stamper_at = functools.cache(timestamps.HTTPTimeStamper)
anchor_in = functools.cache(load_cert_from_pemder)


async def sign_pdf(job):
    level = job['level']
    beyond = {}
    if level != 'B':
        context = ValidationContext(
            trust_roots=[anchor_in(job['trust'])], allow_fetching=True, revocation_mode='require'
        )
        beyond = {'embed_validation_info': True, 'use_pades_lta': level == 'LTA', 'validation_context': context}
    metadata = signers.PdfSignatureMetadata(
        field_name='Signature1', md_algorithm='sha256', subfilter=fields.SigSeedSubFilter.PADES, **beyond
    )
    arguments = {
        'signature_meta': metadata,
        'signer': signer_for(job),
        'timestamper': stamper_at(job['tsa']) if level != 'B' else None,
    }
    if job.get('inPlace'):
        if job['file'] != job['out']:
            shutil.copyfile(job['file'], job['out'])
        with open(job['out'], 'r+b') as copy:
            await signers.async_sign_pdf(IncrementalPdfFileWriter(copy), in_place=True, **arguments)
    else:
        with open(job['file'], 'rb') as original, open(job['out'], 'wb') as out:
            await signers.async_sign_pdf(IncrementalPdfFileWriter(original), output=out, **arguments)


async def sign_cms(job):
    with open(job['file'], 'rb') as content:
        signature = await signer_for(job).async_sign_general_data(
            content.read(),
            'sha256',
            detached=True,
            use_cades=True,
            signed_attr_settings=PdfCMSSignedAttributes(signing_time=datetime.now(timezone.utc)),
        )
    with open(job['out'], 'wb') as out:
        out.write(signature.dump())


async def verify_pdf(job):
    with open(job['file'], 'rb') as file:
        reader = PdfFileReader(file)
        options = {'trust_roots': [anchor_in(job['trust'])], 'allow_fetching': False}
        context = DocumentSecurityStore.read_dss(reader).as_validation_context(options)
        status = await async_validate_pdf_signature(reader.embedded_regular_signatures[0], context)
        if not status.bottom_line:
            raise ValueError(status.summary())


def main():
    logging.disable(logging.CRITICAL)
    answers, sys.stdout = sys.stdout, sys.stderr
    verbs = {'signPdf': sign_pdf, 'signCms': sign_cms, 'verifyPdf': verify_pdf}
    loop = asyncio.new_event_loop()
    for line in sys.stdin:
        job = json.loads(line)
        try:
            loop.run_until_complete(verbs[job['verb']](job))
            reply = {'id': job['id'], 'answer': {}}
        except Exception as thrown:
            traceback.print_exc()
            reply = {'id': job['id'], 'error': f'{type(thrown).__name__}: {thrown}'}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == '__main__':
    main()
