// What fails in a batch beside AutoFirma. Its own code says of each item whether it can be signed; what it tells of the whole is
// put together by the rules of its two modes (LocalBatchSigner of clienteafirma 1.9, and JSONSignBatchConcurrent of its
// three-phase server), which are in programs that no package carries. Ours has to tell the same identifiers in the same order by
// the same codes with the same members; where it tells more, or refuses what AutoFirma takes, the difference has a name here.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { verdictOf } from '../oracles/oracle.ts'
import { type BatchBench, type BatchSigner, type Header, type Item, type Ran, runBatch } from './batch-run.ts'
import { wordsOf } from './matrix.ts'

interface Told {
  readonly id: string
  readonly result: string
  readonly description?: string
  readonly signature?: string
}

/** Where ours tells more than AutoFirma. */
const toldBesides = {
  /** It says nothing of parameters that it does not know. */
  effectless: { result: 'DONE_AND_SAVED', description: /^extra parameters without effect: \S/ },
  /** It leaves out the description of what was not signed. */
  skipped: { result: 'SKIPPED', description: /^not signed because another signature of the batch failed$/ },
} as const
type Besides = keyof typeof toldBesides

type Mode = 'local' | 'three-phase'

interface Case {
  readonly name: string
  readonly mode: Mode
  readonly stopOnError: boolean | 'true'
  /** Of `documents`, in order. */
  readonly items: readonly DocumentName[]
  readonly differs: readonly Besides[]
}

const by: BatchSigner = { signer: 'rsa2048', algorithm: 'SHA256withRSA' }

type DocumentName = 'pdf' | 'cms' | 'unheard-of' | 'no-pdf' | 'no-xml' | 'no-signature' | 'without-content'
const failing: readonly DocumentName[] = ['no-pdf', 'no-xml', 'no-signature']

/** The second failure is so far from the first that it is not under way with it. */
const twoFailures: readonly DocumentName[] = ['pdf', 'no-pdf', 'cms', 'cms', 'pdf', 'cms', 'pdf', 'cms', 'no-xml']
const mixed: readonly DocumentName[] = ['pdf', 'no-pdf', 'unheard-of', 'no-xml', 'no-signature', 'cms']

const cases: readonly Case[] = [
  { name: 'all', mode: 'local', stopOnError: true, items: ['pdf', 'cms'], differs: [] },
  { name: 'goes-on', mode: 'local', stopOnError: false, items: mixed, differs: ['effectless'] },
  { name: 'detached', mode: 'local', stopOnError: false, items: ['without-content', 'cms'], differs: [] },
  { name: 'stops', mode: 'local', stopOnError: 'true', items: twoFailures, differs: ['skipped'] },
  { name: 'stops-last', mode: 'local', stopOnError: true, items: ['pdf', 'cms', 'no-signature'], differs: ['skipped'] },
  { name: 'all', mode: 'three-phase', stopOnError: true, items: ['pdf', 'cms'], differs: [] },
  { name: 'goes-on', mode: 'three-phase', stopOnError: false, items: mixed, differs: ['effectless'] },
  { name: 'stops', mode: 'three-phase', stopOnError: true, items: ['pdf', 'no-pdf', 'cms'], differs: ['skipped'] },
]

export async function runBeside(bench: BatchBench): Promise<void> {
  const { tally } = bench
  for (const one of cases) {
    const name = `batch-${one.mode}-${one.name}`
    const row = `Batch, result, ${one.mode}`
    tally.add({ row, name, judge: 'like AutoFirma', verdict: verdictOf(await differencesIn(one, name, bench)) })
  }
  for (const one of [...refused(bench), ...taken(bench)]) {
    const ran = await runBatch(one.name, one.header, one.items, by, bench)
    const row = `Batch, ${one.as}`
    tally.add({ row, name: `batch-${one.name}`, judge: 'made', verdict: verdictOf(one.objections(ran)) })
  }
}

function itemsOf(names: readonly DocumentName[], { originals, folder }: BatchBench): readonly Item[] {
  const nothing = join(folder, 'batch-nothing')
  const pdf = { format: 'PAdES', packaging: 'enveloped', operation: 'sign' } as const
  const cms = { format: 'CAdES', packaging: 'enveloping', operation: 'sign' } as const
  const xml = { format: 'XAdES', packaging: 'enveloped', operation: 'sign' } as const
  const inside = { mode: 'implicit' }
  const known: Readonly<Record<DocumentName, Omit<Item, 'id'>>> = {
    pdf: { document: originals.of('PAdES'), says: {}, meant: pdf },
    cms: { document: originals.of('CAdES'), says: { format: 'CAdES', parameters: inside }, meant: cms },
    'unheard-of': {
      document: originals.of('CAdES'),
      says: { format: 'CAdES', parameters: { ...inside, unheardOf: '1' } },
      meant: cms,
    },
    'no-pdf': { document: nothing, says: {}, meant: pdf },
    'no-xml': { document: nothing, says: { format: 'XAdES', parameters: { format: 'XAdES Enveloped' } }, meant: xml },
    'no-signature': {
      document: nothing,
      says: { format: 'CAdES', suboperation: 'cosign' },
      meant: { ...cms, operation: 'cosign' },
    },
    'without-content': {
      document: join(folder, `batch-${by.signer}-cms-explicit`),
      says: { format: 'CAdES', suboperation: 'cosign' },
      meant: { ...cms, operation: 'cosign' },
    },
  }
  return names.map((name, number) => ({ id: `${number}-${name}`, ...known[name] }))
}

async function differencesIn(one: Case, name: string, bench: BatchBench): Promise<readonly string[]> {
  await writeFile(join(bench.folder, 'batch-nothing'), 'nothing of the kind\n')
  const items = itemsOf(one.items, bench)
  const header = { format: 'PAdES', suboperation: 'sign', stoponerror: one.stopOnError }
  const ran = await runBatch(name, header, items, by, bench, one.mode === 'three-phase')
  if (ran.result === undefined) return [ran.stderr]
  const whole = JSON.parse(ran.result)
  const signed = await Promise.all(items.map(item => isSignedByAutofirma(item, one.mode, bench)))
  const expected = items.map((_, number) => !failing.includes(one.items[number] ?? 'pdf'))
  const theirs = resultOf(items, signed, one)
  return [
    ...(signed.join() === expected.join() ? [] : [`AutoFirma signs ${signed.join()}`]),
    ...(Object.keys(whole).join() === 'signs' ? [] : [`members ${Object.keys(whole).join()}`]),
    ...compared(whole.signs, theirs, one),
  ]
}

/** Whether AutoFirma's own code takes the item, by the parameters that its batch gives it. */
async function isSignedByAutofirma(
  { id, document, says, meant: { format, operation } }: Item,
  mode: Mode,
  { autofirma, pki, folder }: BatchBench,
): Promise<boolean> {
  const common = { format, file: document, algorithm: by.algorithm, parameters: { ...says.parameters } }
  try {
    if (mode === 'local')
      await autofirma.make(operation, { ...common, out: join(folder, `batch-theirs-${id}`), p12: pki.p12(by.signer) })
    else {
      const certificates = pki.chain(by.signer).map(der => Buffer.from(der).toString('base64'))
      await autofirma.presign({ ...common, format: format.toLowerCase(), operation, certificates })
    }
    return true
  } catch (thrown) {
    if (/java\.|es\.gob|Exception/.test(wordsOf(thrown))) return false
    throw thrown
  }
}

/**
 * What AutoFirma would tell. Locally, one after the other, the first failure undoes what was signed and leaves out the rest; the
 * server prepares all at once and signs none where one cannot be.
 */
function resultOf(items: readonly Item[], signed: readonly boolean[], { mode, stopOnError }: Case): readonly Told[] {
  const first = signed.indexOf(false)
  return items.map(({ id }, number) => {
    const stopped = stopOnError !== false && first !== -1
    if (signed[number] === false && !(stopped && mode === 'local' && number > first))
      return { id, result: 'ERROR_PRE', description: '' }
    if (stopped) return { id, result: 'SKIPPED' }
    return { id, result: 'DONE_AND_SAVED', ...(mode === 'local' && { signature: '' }) }
  })
}

function compared(ours: readonly Told[], theirs: readonly Told[], { differs }: Case): readonly string[] {
  const codes = (all: readonly Told[]) => all.map(({ id, result }) => `${id} ${result}`).join(', ')
  if (codes(ours) !== codes(theirs)) return [`${codes(ours)} instead of ${codes(theirs)}`]
  const found = ours.map(besidesOf)
  const members = ours.flatMap((one, number) => {
    const { description, ...rest } = one
    const [mine, other] = [found[number] === undefined ? one : rest, theirs[number] ?? {}]
    const [has, wants] = [mine, other].map(each => Object.keys(each).sort().join())
    return has === wants ? [] : [`${one.id} has ${has} instead of ${wants}`]
  })
  const broken = ours.filter(({ signature }) => signature !== undefined && !isBase64(signature))
  const named = [...new Set(found)].filter(one => one !== undefined).sort()
  return [
    ...members,
    ...broken.map(({ id }) => `the signature of ${id} is no Base64`),
    ...(named.join() === [...differs].sort().join() ? [] : [`tells ${named.join() || 'nothing'} besides`]),
  ]
}

function besidesOf({ result, description }: Told): Besides | undefined {
  const names: readonly Besides[] = ['effectless', 'skipped']
  return names.find(
    name => toldBesides[name].result === result && toldBesides[name].description.test(description ?? ''),
  )
}

/** As Java's decoder takes it: the standard alphabet, padded. */
const isBase64 = (text: string) => text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)

/** A whole batch that one of the two takes and the other does not. */
interface Whole {
  readonly name: string
  readonly as: string
  readonly header: Header
  readonly items: readonly Item[]
  objections(ran: Ran): readonly string[]
}

/** AutoFirma signs the one twice, fails at its own error for the others, or reads them as what they are not. */
function refused(bench: BatchBench): readonly Whole[] {
  const [pdf, cms] = itemsOf(['pdf', 'cms'], bench)
  if (pdf === undefined || cms === undefined) throw new Error('two items are wanted')
  const header = { format: 'PAdES' }
  const wholes: readonly (readonly [string, readonly Item[], RegExp])[] = [
    ['id-twice', [pdf, { ...cms, id: pdf.id }], /^BATCH_INVALID: \$\.singlesigns\[1\]\.id/],
    ['no-items', [], /^BATCH_INVALID: \$\.singlesigns/],
    ['invoice', [pdf, { ...cms, says: { format: 'FacturaE' } }], /^BATCH_INVALID: \$\.singlesigns\[1\]\.format/],
    ['asic', [pdf, { ...cms, says: { format: 'CAdES-ASiC-S' } }], /^BATCH_INVALID: \$\.singlesigns\[1\]\.format/],
    [
      'pdf-countersigned',
      [cms, { ...pdf, says: { suboperation: 'countersign' } }],
      /^BATCH_INVALID: \$\.singlesigns\[1\]\.suboperation/,
    ],
  ]
  return wholes.map(([name, items, words]) => ({
    name: `refused-${name}`,
    as: 'refused before anything is signed',
    header,
    items,
    objections: ({ code, stderr, result }) =>
      code === 1 && words.test(stderr) && result === undefined ? [] : [stderr],
  }))
}

/** AutoFirma wants a format and an operation in the header though each item has its own. */
function taken(bench: BatchBench): readonly Whole[] {
  const [, cms] = itemsOf(['pdf', 'cms'], bench)
  if (cms === undefined) throw new Error('an item is wanted')
  return [
    {
      name: 'taken-bare',
      as: 'taken all the same',
      header: {},
      items: [cms],
      objections: ({ code, stderr }) => (code === 0 ? [] : [stderr]),
    },
  ]
}
