// Scan → signed: the same piles through the appliance and through Debian's programs, in turns.

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Use } from './measured.ts'
import { type OurRun, runOurs } from './ours.ts'
import { type PeerRun, preparePeer, runPeer } from './peer.ts'
import { median, ratio, type Section, span } from './report.ts'
import { type Pile, skewDegreesOf, startSurroundings } from './surroundings.ts'

export interface ScanBench {
  readonly folder: string
  /** In each pile. */
  readonly sheets: number
  readonly rounds: number
  /** Ends the measuring before the next run. */
  readonly signal: AbortSignal
}

type Results = Readonly<Record<Pile, { readonly ours: OurRun[]; readonly peers: PeerRun[] }>>

const piles = ['straight', 'skewed'] as const
const programs = { cli: 'device', scan: 'scan', parse: 'parse', sign: 'sign', net: 'net' } as const

/** Both piles, ours and theirs in turns; throws when a copy comes out wrong. */
export async function benchScan({ folder, sheets, rounds, signal }: ScanBench): Promise<Section[]> {
  await using started = new AsyncDisposableStack()
  const surroundings = started.adopt(await startSurroundings(join(folder, 'site')), one => one.stop())
  const peer = await preparePeer(join(folder, 'peer'), surroundings.scannerUrl)
  const results: Results = { straight: { ours: [], peers: [] }, skewed: { ours: [], peers: [] } }
  for (let round = 1; round <= rounds; round += 1) {
    for (const pile of piles) {
      signal.throwIfAborted()
      const dataFolder = join(folder, `kiosk-${round}-${pile}`)
      await mkdir(dataFolder)
      results[pile].ours.push(await runOurs({ surroundings, pile, sheets, dataFolder }))
      await rm(dataFolder, { recursive: true })
      const work = join(folder, `work-${round}-${pile}`)
      results[pile].peers.push(await runPeer({ peer, surroundings, pile, sheets, folder: work }))
    }
  }
  return [comparison(results, sheets, rounds), breakdown(results, sheets), rooms(results, sheets)]
}

function comparison(results: Results, sheets: number, rounds: number): Section {
  const rows = piles.flatMap(pile => {
    const { ours, peers } = results[pile]
    const speed = (use: Use) => sheets / use.seconds
    return [
      row(`compulsa, ${label(pile)}`, ours, sheets),
      row(`scanimage, img2pdf, pdfsig, ${label(pile)}`, peers, sheets),
      [
        `ratio, ${label(pile)}`,
        ratio(median(ours.map(speed)), median(peers.map(speed))),
        '',
        ...(['cpuSeconds', 'peakRssBytes', 'peakPssBytes', 'bytes'] as const).map(field =>
          ratio(median(ours.map(run => run[field])), median(peers.map(run => run[field]))),
        ),
      ],
    ]
  })
  return {
    title: `Scan → signed: ${sheets} A4 sheets, 300 ppi, colour; median of ${rounds} runs in turns`,
    header: ['', 'pages/s', 'lowest–highest', 'CPU ms/page', 'peak RSS MB', 'peak PSS MB', 'file MB'],
    rows,
    notes: [
      'Ours: from POST scan to the answer of POST sign; every page and every step encrypted and synced to disk, previews made, the signature (PAdES B-B, SoftHSM2) verified from the file. Straight sheets keep the scanner’s bytes; skewed ones are straightened by the page, their bytes untouched.',
      'Theirs: sane-airscan decodes and scanimage encodes every page again; nothing is straightened, synced or encrypted; the signature is adbe.pkcs7.detached with a key in a file.',
      'Memory: smaps_rollup of the whole process tree summed every 100 ms, the highest sum; theirs is the largest of the three programs.',
    ],
  }
}

function row(name: string, runs: readonly (Use & { readonly bytes: number })[], sheets: number): string[] {
  const speeds = runs.map(run => sheets / run.seconds)
  const mega = (values: readonly number[]) => (median(values) / 1e6).toFixed(1)
  return [
    name,
    median(speeds).toFixed(2),
    span(speeds),
    ((median(runs.map(run => run.cpuSeconds)) / sheets) * 1000).toFixed(0),
    mega(runs.map(run => run.peakRssBytes)),
    mega(runs.map(run => run.peakPssBytes)),
    mega(runs.map(run => run.bytes)),
  ]
}

function breakdown(results: Results, sheets: number): Section {
  const seconds = (runs: readonly OurRun[], from: keyof OurRun['moments'] | null, to: keyof OurRun['moments']) =>
    median(runs.map(({ moments }) => moments[to] - (from === null ? 0 : moments[from]))).toFixed(2)
  const theirs = (runs: readonly PeerRun[], program: 'scanimage' | 'img2pdf' | 'pdfsig') =>
    median(runs.map(run => run[program])).toFixed(2)
  return {
    title: 'Where the time goes, seconds',
    header: [
      '',
      'all pages stored',
      '+ prepared',
      '+ composed',
      '+ card seen',
      '+ signed',
      'scanimage',
      'img2pdf',
      'pdfsig',
    ],
    rows: piles.map(pile => {
      const { ours, peers } = results[pile]
      return [
        label(pile),
        seconds(ours, null, 'scanned'),
        seconds(ours, 'scanned', 'prepared'),
        seconds(ours, 'prepared', 'composed'),
        seconds(ours, 'composed', 'card'),
        seconds(ours, 'card', 'signed'),
        theirs(peers, 'scanimage'),
        theirs(peers, 'img2pdf'),
        theirs(peers, 'pdfsig'),
      ]
    }),
    notes: [
      `Pages are prepared while the feeder runs, so the second column is what is left when the last of ${sheets} is stored.`,
    ],
  }
}

function rooms(results: Results, sheets: number): Section {
  const row = (name: string, pile: Pile, value: (run: OurRun, program: string) => number) => [
    `${name}, ${label(pile)}`,
    ...Object.keys(programs).map(program => median(results[pile].ours.map(run => value(run, program))).toFixed(0)),
  ]
  return {
    title: 'What each room uses',
    header: ['', ...Object.values(programs)],
    rows: piles.flatMap(pile => [
      row('CPU ms/page', pile, (run, program) => ((run.cpuByProgram.get(program) ?? 0) / sheets) * 1000),
      row('peak PSS MB', pile, (run, program) => (run.peakPssByProgram.get(program) ?? 0) / 1e6),
    ]),
    notes: [],
  }
}

function label(pile: Pile): string {
  return pile === 'straight' ? 'straight' : `skewed ${skewDegreesOf.skewed}°`
}
