// How ENI documents are judged: by xmllint against the schemas of the norm, and what is inside read by its XPath.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const schema = new URL('./fixtures/eni-xsd/DocumentoEni.xsd', import.meta.url).pathname
/** Content of more than ten megabytes is one text node. */
const limits = ['--huge', '--nonet', '--noout']

/** Rejects with what xmllint says where the file is not valid. */
export async function validated(file: string): Promise<void> {
  await run('xmllint', [...limits, '--schema', schema, file])
}

/** The string of an XPath expression in which `e:name` stands for an element by its local name. */
export async function xpath(file: string, expression: string): Promise<string> {
  const plain = expression.replace(/e:(\w+)/g, "*[local-name()='$1']")
  const { stdout } = await run('xmllint', ['--huge', '--nonet', '--xpath', `string(${plain})`, file], {
    maxBuffer: 256 << 20,
  })
  return stdout.replace(/\n$/, '')
}

/** The bytes of the content. */
export async function contentIn(file: string): Promise<Buffer> {
  return Buffer.from(await xpath(file, '/e:documento/e:contenido/e:ValorBinario'), 'base64')
}
