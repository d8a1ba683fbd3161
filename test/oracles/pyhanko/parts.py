"""Cuts signed files into what `openssl cms` and `openssl ts` take: each CMS with its content, each time-stamp token with
what it has to be about. Reads with pyHanko, asn1crypto and lxml, so that none of our own reading is trusted."""

import base64
import pathlib
from io import BytesIO

from asn1crypto import cms
from lxml import etree
from pyhanko.pdf_utils.reader import PdfFileReader

DS = '{http://www.w3.org/2000/09/xmldsig#}'
XADES = '{http://uri.etsi.org/01903/v1.3.2#}'
SIGNATURE_TIMESTAMP = '1.2.840.113549.1.9.16.2.14'


def cut(job):
    """{"file", "format", "content"?, "folder"} → {"signatures": [{"cms", "data"?}], "timestamps": [{"token", "data"}]}"""
    found = {'signatures': [], 'timestamps': []}
    read = {'PAdES': of_pdf, 'CAdES': of_cms, 'XAdES': of_xml}[job['format']]
    for kind, first, data in read(job):
        number = len(found[kind])
        paths = {}
        for name, content in (('cms' if kind == 'signatures' else 'token', first), ('data', data)):
            if content is not None:
                path = pathlib.Path(job['folder']) / f'{kind}-{number}.{name}'
                path.write_bytes(content)
                paths[name] = str(path)
        found[kind].append(paths)
    return found


def of_pdf(job):
    octets = pathlib.Path(job['file']).read_bytes()
    for embedded in PdfFileReader(BytesIO(octets)).embedded_signatures:
        from_first, first, from_second, second = embedded.byte_range
        data = octets[from_first : from_first + first] + octets[from_second : from_second + second]
        contents = embedded.signed_data
        # The reserved room after the DER is zero octets.
        der = cms.ContentInfo({'content_type': 'signed_data', 'content': contents}).dump()
        if embedded.sig_object['/Type'] == '/DocTimeStamp':
            yield 'timestamps', der, data
        else:
            yield 'signatures', der, data
            yield from signature_timestamps(contents)


def of_cms(job):
    octets = pathlib.Path(job['file']).read_bytes()
    content = pathlib.Path(job['content']).read_bytes() if job.get('content') else None
    yield 'signatures', octets, content
    yield from signature_timestamps(cms.ContentInfo.load(octets)['content'])


def signature_timestamps(signed_data):
    for signer in signed_data['signer_infos']:
        for attribute in signer['unsigned_attrs'] or []:
            if attribute['type'].dotted == SIGNATURE_TIMESTAMP:
                for token in attribute['values']:
                    yield 'timestamps', token.dump(), signer['signature'].native


def of_xml(job):
    root = etree.parse(job['file'], etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    for signature in root.iter(DS + 'Signature'):
        value = signature.find(DS + 'SignatureValue')
        for stamp in signature.iter(XADES + 'SignatureTimeStamp'):
            if next(stamp.iterancestors(DS + 'Signature')) is not signature:
                continue
            method = stamp.find(DS + 'CanonicalizationMethod').get('Algorithm')
            exclusive = 'xml-exc-c14n' in method
            octets = etree.tostring(value, method='c14n', exclusive=exclusive, with_tail=False)
            for token in stamp.iter(XADES + 'EncapsulatedTimeStamp'):
                yield 'timestamps', base64.b64decode(token.text), octets
