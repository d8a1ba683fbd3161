// Joins two values of xml:base into one, either of which may be relative (Canonical XML 1.1, 2.4, "join-URI-References":
// RFC 3986, 5.2 with a base that needs no scheme, and with leading and trailing `..` kept).

interface Parts {
  readonly scheme?: string | undefined
  readonly authority?: string | undefined
  readonly path: string
  readonly query?: string | undefined
  readonly fragment?: string | undefined
}

/** RFC 3986, appendix B. */
function partsOf(reference: string): Parts {
  const match = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/.exec(reference)
  const [, scheme, authority, path = '', query, fragment] = match ?? []
  return { scheme, authority, path, query, fragment }
}

/** `reference` seen from `base` (RFC 3986, 5.2.2 and 5.3). */
export function joinReferences(base: string, reference: string): string {
  const outer = partsOf(base)
  const inner = partsOf(reference)
  if (inner.scheme !== undefined) return recomposed({ ...inner, path: withoutDots(inner.path) })
  const { scheme } = outer
  const { fragment } = inner
  if (inner.authority !== undefined) return recomposed({ ...inner, scheme, path: withoutDots(inner.path) })
  if (inner.path === '') return recomposed({ ...outer, query: inner.query ?? outer.query, fragment })
  const path = withoutDots(inner.path.startsWith('/') ? inner.path : merged(outer, inner.path))
  return recomposed({ scheme, authority: outer.authority, path, query: inner.query, fragment })
}

/** RFC 3986, 5.2.3; a base that ends in `..` is a folder. */
function merged({ authority, path }: Parts, relative: string): string {
  if (authority !== undefined && path === '') return `/${relative}`
  const folder = /(?:^|\/)\.\.$/.test(path) ? `${path}/` : path
  return folder.slice(0, folder.lastIndexOf('/') + 1) + relative
}

/** RFC 3986, 5.2.4, but a relative path keeps the `..` that lead out of it, and a last `..` is written as a folder. */
function withoutDots(path: string): string {
  const absolute = path.startsWith('/')
  const kept: string[] = []
  const segments = path.split('/').filter((segment, index, all) => segment !== '' || index === all.length - 1)
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1
    const canGoUp = kept.length > 0 && kept.at(-1) !== '..'
    if (segment === '..' && canGoUp) kept.pop()
    else if (segment === '..' ? !absolute : segment !== '.' && segment !== '') kept.push(segment)
    if (last && ['..', '.', ''].includes(segment) && kept.length > 0) kept.push('')
  }
  return (absolute ? '/' : '') + kept.join('/')
}

function recomposed({ scheme, authority, path, query, fragment }: Parts): string {
  return [
    scheme === undefined ? '' : `${scheme}:`,
    authority === undefined ? '' : `//${authority}`,
    path,
    query === undefined ? '' : `?${query}`,
    fragment === undefined ? '' : `#${fragment}`,
  ].join('')
}
