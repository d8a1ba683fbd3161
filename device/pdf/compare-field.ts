// The value of a form field in two revisions (ISO 32000-1, 12.7.4): filling it in changes its value and the appearance
// that shows the value, nothing else. Where value and appearance do not say the same, before or after, somebody is shown
// something else than what is recorded; that is no form filling.

import {
  bring,
  type Comparison,
  compareKeys,
  type DictionarySlot,
  type KeyRules,
  open,
  report,
  under,
} from './comparison.ts'
import { appearanceProblem } from './field-appearance.ts'
import { entry, nameEntry, type PdfObject } from './objects.ts'
import { overlapProblem } from './widget-place.ts'

/** A terminal field with its widgets. */
export interface FieldFacts {
  /** Fully qualified. */
  readonly name: string
  /** /FT, inherited. */
  readonly type: string
  /** /Ff, inherited. */
  readonly flags: number
  /** Of the field's own object. */
  readonly number: number
  /** The field, which may be its own widget. */
  readonly node: DictionarySlot
  /** Widgets that are objects of their own. */
  readonly kids: readonly DictionarySlot[]
}

const readOnlyFlag = 1
const pushbuttonFlag = 1 << 16

/** Compares a field that holds data. */
export async function compareFieldValue(comparison: Comparison, field: FieldFacts): Promise<void> {
  const value = await open(comparison, under(field.node, 'V'))
  if (value.before === value.after) return compareUnchanged(comparison, field)
  const problem = await fillingProblem(comparison, field, value)
  const what = problem ?? 'a form field was filled in'
  const kind = problem === undefined ? 'form-filling' : 'other'
  const change = { kind, object: field.number, path: field.node.path, what, field: field.name } as const
  report(comparison, change)
  await bring(comparison, entry(field.node.after, 'V'), change)
  const widgetKeys = field.type === 'Btn' ? ['AS', 'M'] : ['AP', 'M']
  for (const widget of [field.node, ...field.kids]) {
    await bring(comparison, entry(widget.after, 'AP'), change)
    const keys = widget === field.node ? ['V', 'I', 'Kids', ...widgetKeys] : widgetKeys
    await compareKeys(comparison, widget, freely(keys))
  }
}

/** Nothing of the field may differ. */
export async function compareUnchanged(comparison: Comparison, field: FieldFacts): Promise<void> {
  await compareKeys(comparison, field.node, freely(['Kids']))
  for (const kid of field.kids) await compareKeys(comparison, kid, {})
}

/** Rules for keys that something else speaks for. */
export function freely(keys: readonly string[]): KeyRules {
  return Object.fromEntries(keys.map(key => [key, () => {}]))
}

interface Values {
  readonly before: PdfObject
  readonly after: PdfObject
}

async function fillingProblem(comparison: Comparison, field: FieldFacts, values: Values): Promise<string | undefined> {
  if (field.flags & readOnlyFlag) return 'a read-only field got another value'
  if (isEmpty(values.after) && !isEmpty(values.before)) return 'the value that a field had was taken away'
  const widgets = [field.node, ...field.kids].filter(widget => widget.before.entries.has('Rect'))
  for (const widget of widgets) {
    const overlap = await overlapProblem(comparison, numberOf(field, widget), widget.after)
    if (overlap) return overlap
  }
  if (field.type === 'Btn') return buttonProblem(field, widgets, values.after)
  if (field.type !== 'Tx' && field.type !== 'Ch') return `a field of type ${field.type || 'unknown'} got another value`
  for (const widget of widgets) {
    const problem = await appearanceProblem(comparison, field, widget, values)
    if (problem) return problem
  }
  return undefined
}

function numberOf(field: FieldFacts, widget: DictionarySlot): number {
  return widget === field.node ? field.number : widget.object
}

/** A check box or radio button shows one of the states that it had, the one that is its value. */
function buttonProblem(field: FieldFacts, widgets: readonly DictionarySlot[], value: PdfObject): string | undefined {
  if (field.flags & pushbuttonFlag) return 'a push-button got a value'
  const wanted = value.kind === 'name' ? value.value : 'Off'
  const states = widgets.map(widget => nameEntry(widget.after, 'AS') ?? 'Off')
  const wrong = states.some(state => state !== 'Off' && state !== wanted)
  const shown = wanted === 'Off' || states.includes(wanted)
  return wrong || !shown ? 'the state that a button shows is not its value' : undefined
}

function isEmpty(value: PdfObject): boolean {
  if (value.kind === 'string') return Buffer.from(value.bytes).toString('latin1').trim() === ''
  if (value.kind === 'array') return value.items.length === 0
  return value.kind === 'null'
}
