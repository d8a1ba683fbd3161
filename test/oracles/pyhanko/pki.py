"""The PKI of the conformance run: made anew in a folder, its TSA, OCSP and CRLs served on loopback until standard input ends.

pki.py FOLDER writes FOLDER/certs/LABEL.pem, FOLDER/keys/LABEL.pem and FOLDER/LABEL.p12 (password `compulsa`), then prints
one line of JSON: {"url", "tsa", "tsaEc", "csc"}. The ports are the system's choice. `csc` is certomancer's own service of the
Cloud Signature Consortium's API, 1.0.4, with every key of the PKI, each authorisation bound to its hashes (SCAL 2).
"""

import asyncio
import functools
import json
import logging
import os
import pathlib
import sys
import threading

import yaml
from aiohttp import web
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from csc_dummy.csc_dummy_server import CSCWithCertomancer, DummyServiceParams
from werkzeug.serving import WSGIRequestHandler, make_server

PASSWORD = b'compulsa'
CURVES = {'p256': ec.SECP256R1, 'p384': ec.SECP384R1, 'p521': ec.SECP521R1, 'ec-ca': ec.SECP384R1}
RSA_BITS = {'rsa3072': 3072, 'rsa4096': 4096, 'root': 3072, 'rsa-ca': 3072}


def fresh_key(label):
    if label in CURVES:
        return ec.generate_private_key(CURVES[label]())
    if label.startswith('ec-') or label.endswith('-ec'):
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, RSA_BITS.get(label, 2048))


def write_keys(config, folder):
    for label, key in config['keysets']['keys']['keys'].items():
        path = folder / 'keys' / key['path']
        path.write_bytes(
            fresh_key(label).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def write_certificates(pki, labels, folder):
    for label in labels:
        der = pki.get_cert(CertLabel(label)).dump()
        (folder / 'certs' / f'{label}.crt').write_bytes(der)
        pem = x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
        (folder / 'certs' / f'{label}.pem').write_bytes(pem)
        (folder / f'{label}.p12').write_bytes(pki.package_pkcs12(CertLabel(label), password=PASSWORD))


# Certomancer loads a key for every answer; proving each time that the run's own keys are sound would take most of the run.
serialization.load_der_private_key = functools.partial(
    serialization.load_der_private_key, unsafe_skip_rsa_key_validation=True
)


class Quiet(WSGIRequestHandler):
    def log(self, type, message, *args):
        pass


def serve_csc(registry):
    """Starts the service on a thread of its own and gives its address."""
    dummy = CSCWithCertomancer(registry, service_params=DummyServiceParams(hash_pinning_required=True))
    dummy.register_routes()
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(dummy.app, access_log=None)

    async def start():
        await runner.setup()
        site = web.TCPSite(runner, '127.0.0.1', 0)
        await site.start()
        return runner.addresses[0][1]

    port = loop.run_until_complete(start())
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return f'http://127.0.0.1:{port}'


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / 'keys').mkdir(parents=True, exist_ok=True)
    (folder / 'certs').mkdir(exist_ok=True)
    config = yaml.safe_load((pathlib.Path(__file__).parent / 'pki.yml').read_text())
    write_keys(config, folder)
    server = make_server('127.0.0.1', 0, None, threaded=True, request_handler=Quiet)
    url = f'http://127.0.0.1:{server.server_port}'
    # The prefix is part of what is issued, so certificates follow the port.
    registry = CertomancerConfig({**config, 'external-url-prefix': url}, key_search_dir=str(folder))
    pki = registry.pki_archs[ArchLabel('lab')]
    write_certificates(pki, config['pki-architectures']['lab']['certs'], folder)
    server.app = Animator(AnimatorArchStore(registry.pki_archs), with_web_ui=False)
    print(json.dumps({'url': url, 'tsa': f'{url}/lab/tsa/tsa', 'tsaEc': f'{url}/lab/tsa/tsa-ec', 'csc': serve_csc(registry)}), flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == '__main__':
    logging.disable(logging.WARNING)
    main()
