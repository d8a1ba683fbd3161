// Which namespace a prefix stands for at the place that is being read or written (Namespaces in XML 1.0). A stack of
// bindings per prefix rather than a copied map per element, so that entering and leaving cost what was declared there.

export const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'
export const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/'

export interface NamespaceScope {
  /** The namespace of a prefix, the empty one being the default's; undefined where it is unbound or undeclared. */
  lookup(prefix: string): string | undefined
  /** Every prefix that is declared here or around here. */
  prefixes(): Iterable<string>
  /** Bindings on the stack, shadowed ones among them. */
  readonly size: number
  enter(declarations: ReadonlyMap<string, string>): void
  leave(declarations: ReadonlyMap<string, string>): void
}

export function namespaceScope(): NamespaceScope {
  const bindings = new Map<string, string[]>()
  let size = 0
  return Object.freeze({
    lookup: (prefix: string) => {
      const uri = bindings.get(prefix)?.at(-1)
      return uri === '' ? undefined : uri
    },
    prefixes: () => bindings.keys(),
    get size() {
      return size
    },
    enter: (declarations: ReadonlyMap<string, string>) => {
      for (const [prefix, uri] of declarations) {
        const uris = bindings.get(prefix)
        if (uris === undefined) bindings.set(prefix, [uri])
        else uris.push(uri)
      }
      size += declarations.size
    },
    leave: (declarations: ReadonlyMap<string, string>) => {
      for (const prefix of declarations.keys()) {
        const uris = bindings.get(prefix)
        uris?.pop()
        if (uris?.length === 0) bindings.delete(prefix)
      }
      size -= declarations.size
    },
  })
}
