// JSON paths as faults tell them.

/** A JSON pointer (RFC 6901), `/organs/0`, as `$.organs[0]`. */
export function jsonPath(pointer: string): string {
  const steps = pointer.split('/').slice(1)
  return `$${steps.map(step => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('')}`
}
