// What single scanner models do otherwise than eSCL says, as one table: which models, what differs, why it is believed.
// Nobody else asks for a model; drivers act on the named fields. Issue numbers are sane-airscan's where no other is named.

/** How a scanner is spoken to and understood; the defaults are those of a scanner that keeps to the specification. */
export interface EsclQuirks {
  /** `with-port`: the port also where it is the scheme's own. `localhost`: as if the scanner were asked by itself. */
  readonly hostHeader: 'plain' | 'with-port' | 'localhost'
  /** Longest pause before the next page of a feeder, half of what the last page took; asked sooner, it says 404. */
  readonly pagePauseMs: number
  /** 404 and 410 to NextDocument mean that the page is not ready, as long as the job is not over. */
  readonly gone: 'final' | 'not-ready'
  /** Whether a job that has come to its end is deleted. */
  readonly cleansUp: boolean
  /** Whether a feeder may be started that does not say that paper lies in it. */
  readonly startsUnproven: boolean
  /** What a feeder means that says `processing` when a job has ended: that nothing is left, or that it is to be waited for. */
  readonly feederProcessing: 'empty' | 'undecided'
  /** A job ends after so many images, in whatever way, and the rest of the paper needs another one. */
  readonly imagesPerJob: number
  /** How long the scanner may say that nothing comes while paper lies in its feeder and its job goes on. */
  readonly emptyDecisionMs: number
  /** Pixels per inch, where more is announced than can be done. */
  readonly maxResolution: number
  /** `turned`: backs arrive upside down, since the sheet passes a second time the other way round. */
  readonly backs: 'upright' | 'turned'
}

export const noQuirks: EsclQuirks = Object.freeze({
  hostHeader: 'plain',
  pagePauseMs: 0,
  gone: 'final',
  cleansUp: true,
  startsUnproven: true,
  feederProcessing: 'undecided',
  imagesPerJob: Number.POSITIVE_INFINITY,
  emptyDecisionMs: 5_000,
  maxResolution: Number.POSITIVE_INFINITY,
  backs: 'upright',
})

/** How a scanner names itself: in ScannerCapabilities, and in the Server field of its answers. */
export interface EsclModel {
  readonly makeAndModel: string
  readonly manufacturer: string
  readonly server: string
}

export interface QuirkRow {
  readonly field: keyof EsclModel
  readonly pattern: RegExp
  readonly differs: Partial<EsclQuirks>
  readonly why: string
}

/** Where several rows fit, a later one adds to the earlier ones and wins over them. */
export const quirkTable: readonly QuirkRow[] = [
  {
    field: 'makeAndModel',
    pattern: /^Brother\b|^(MFC|DCP|ADS|DS)-/i,
    differs: { pagePauseMs: 1_000 },
    why: 'Asked for a page too soon after the last, an MFC-L2710DW says 404 and that its feeder is empty (#39).',
  },
  {
    field: 'makeAndModel',
    pattern: /^EPSON\b/i,
    differs: { hostHeader: 'with-port' },
    why: 'Without the port in Host, the Location of a job leads nowhere; the maker says that all models take it (#136).',
  },
  {
    field: 'manufacturer',
    pattern: /^EPSON$/i,
    differs: { hostHeader: 'with-port' },
    why: 'The same, for models that do not begin with their maker (#136).',
  },
  {
    field: 'makeAndModel',
    pattern: /^EPSON WF-2930\b/i,
    differs: { imagesPerJob: 1 },
    why: 'FeederCapacity 1: every job is completed after one sheet, while the feeder is `processing` the next (#357, #385).',
  },
  {
    field: 'makeAndModel',
    pattern: /^EPSON (WF-3520|XP-7100|ET-3950)\b/i,
    differs: { backs: 'turned' },
    why: 'Two-pass duplex feeders whose backs were reported upside down, with no sign of it in the image (#354, #397).',
  },
  {
    field: 'makeAndModel',
    pattern: /^HP (LaserJet MFP M630|Color LaserJet FlowMFP M578)\b/i,
    differs: { hostHeader: 'localhost' },
    why: 'These refuse jobs unless Host is localhost (#116).',
  },
  {
    field: 'server',
    pattern: /^HP_Compact_Server$/i,
    differs: { hostHeader: 'localhost' },
    why: 'Of nine HP models with this server, eight refuse jobs unless Host is localhost, and none minds it (#116).',
  },
  {
    field: 'makeAndModel',
    pattern: /^Xerox(\(R\))? B2[01]5\b/i,
    differs: { gone: 'not-ready', cleansUp: false },
    why: 'These say 404 or 410 before a page is ready, and fail on a DELETE of a finished job.',
  },
  {
    field: 'makeAndModel',
    pattern: /^Xerox(\(R\))? WorkCentre 3345\b|^(Canon )?MF410 Series/i,
    differs: { startsUnproven: false },
    why: 'Started without paper, their feeders jam in earnest.',
  },
  {
    field: 'makeAndModel',
    pattern: /^(Kyocera|ECOSYS|TASKalfa)\b/i,
    differs: { feederProcessing: 'empty' },
    why: 'An empty feeder says ScannerAdfProcessing. (That TLS ends behind the headers of a new job is no matter: #163.)',
  },
  {
    field: 'makeAndModel',
    pattern: /^(Canon )?iR2625\/2630/i,
    differs: { maxResolution: 300 },
    why: 'Announces 600 ppi, does 300 (#57).',
  },
  {
    field: 'makeAndModel',
    pattern: /^RICOH\b/i,
    differs: { imagesPerJob: 50, emptyDecisionMs: 15_000 },
    why: 'An MP 501 ends jobs after 50 pages (#356); an Aficio MP 201 takes 10 s to find its feeder empty (#334).',
  },
]

/** What differs at that model. */
export function quirksOf(model: EsclModel): EsclQuirks {
  const fitting = quirkTable.filter(({ field, pattern }) => pattern.test(model[field].trim()))
  return Object.freeze(Object.assign({ ...noQuirks }, ...fitting.map(({ differs }) => differs)))
}
