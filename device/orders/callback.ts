// What a callback of the card service names, wherever in it: ids of orders or of the service's requests. Its shape is not
// published and its sender is not proven, so nothing else of it is read.

const maxDepth = 6
const maxNames = 50
const idKeys = new Set(['order', 'id', '_id'])

/** At most 50 ids, also out of a JSON text in a field, as a form relays it. */
export function namesIn(told: unknown, depth = 0): readonly string[] {
  if (depth > maxDepth) return []
  if (typeof told === 'string') return /^\s*\{/.test(told) ? namesIn(parsed(told), depth + 1) : []
  if (Array.isArray(told)) return told.flatMap(one => namesIn(one, depth + 1)).slice(0, maxNames)
  if (typeof told !== 'object' || told === null) return []
  return Object.entries(told)
    .flatMap(([key, value]) => {
      if (idKeys.has(key) && typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value)) return [value]
      return namesIn(value, depth + 1)
    })
    .slice(0, maxNames)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
