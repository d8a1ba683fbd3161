// Debian packages that only the bench needs, beside those in system/packages.txt, and the programs by which they are
// known to be there.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const programs = {
  scanimage: 'sane-utils',
  img2pdf: 'img2pdf',
  ocrmypdf: 'ocrmypdf',
  pdfsig: 'poppler-utils',
  pdfinfo: 'poppler-utils',
  openssl: 'openssl',
  certutil: 'libnss3-tools',
  pk12util: 'libnss3-tools',
  'softhsm2-util': 'softhsm2',
  'pkcs11-tool': 'opensc',
} as const

/** The packages whose programs are missing, each once. */
export function missingPackages(): readonly string[] {
  const missing = Object.entries(programs).filter(([program]) => !isInstalled(program))
  return [...new Set(missing.map(([, name]) => name))]
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown) return false
      throw thrown
    }
  })
}
